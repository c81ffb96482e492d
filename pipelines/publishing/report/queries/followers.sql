-- purpose: fast followers known by name, of all there were
-- grain: one row
select
    held as n_known,
    expected as n_all,
    expected - held as n_unknown
from coverage
where source = 'gde' and subject like 'fast_follower%'
order by subject
