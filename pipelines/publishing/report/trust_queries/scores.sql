-- purpose: the newest scores of the trusts beside their peers of the same care setting, type and size
-- grain: trust x care setting x measure
select
    org_code,
    org_display_name as org_name,
    care_setting,
    period,
    measure,
    score,
    peer_type,
    peer_band,
    n_peers,
    lower_quartile,
    median,
    upper_quartile,
    percentile
from peer_group
where list_contains(getvariable('trusts'), current_org_code)
order by org_code, care_setting, measure
