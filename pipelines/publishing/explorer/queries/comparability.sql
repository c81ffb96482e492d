-- purpose: which measures and periods may be compared
-- grain: instrument x measure x period, twice
select
    instrument || ' ' || replace(measure, '_', ' ') || ', ' || period as measure_and_period,
    with_instrument || ' ' || replace(with_measure, '_', ' ') || ', ' || with_period as another,
    comparable,
    why
from comparability
order by
    comparable desc,
    instrument asc,
    measure asc,
    period asc,
    with_instrument asc,
    with_measure asc,
    with_period asc
