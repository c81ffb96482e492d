-- purpose: sections and themes of the self-assessments of 2015/16 and 2017
-- grain: organisation x round x care setting x measure
select
    current_org_code as today,
    period,
    care_setting,
    measure,
    score,
    display_name(org_name) as org_name,
    org_code,
    relation,
    evidence_grade,
    value_status,
    array[origin(maturity_score_current)] as read_from,
    instrument,
    edition,
    path
from maturity_score_current
where instrument = 'DMSA' and current_org_code is not null
order by
    current_org_code asc,
    period asc,
    org_code asc,
    care_setting asc,
    case measure
        when 'theme_mean_derived' then 1
        when 'readiness' then 2
        when 'capabilities' then 3
        when 'infrastructure' then 4
        else 5
    end asc,
    measure asc
