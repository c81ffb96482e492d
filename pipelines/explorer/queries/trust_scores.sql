-- purpose: scores of the newest DMA beside those of the peers
-- grain: organisation x care setting x measure
select
    current_org_code as today,
    measure,
    care_setting,
    score,
    percentile,
    n_peers,
    lower_quartile,
    median,
    upper_quartile,
    lowest,
    highest,
    peer_type,
    size_band,
    period,
    org_name,
    org_code
from peer_group
where current_org_code is not null
order by current_org_code, org_code, care_setting, measure
