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
    peer_band,
    peer_band_from,
    peer_band_as_of_date,
    period,
    org_display_name as org_name,
    org_code
from peer_group
where current_org_code is not null
order by current_org_code, org_code, care_setting, measure
