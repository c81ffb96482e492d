-- purpose: scores of the newest DMA beside those of the peers
-- grain: organisation x care setting x measure
select
    peers.current_org_code as today,
    peers.measure,
    peers.care_setting,
    peers.score,
    peers.percentile,
    peers.n_peers,
    peers.lower_quartile,
    peers.median,
    peers.upper_quartile,
    peers.lowest,
    peers.highest,
    peers.peer_type,
    peers.peer_band,
    upper(peers.peer_band_from) as peer_band_from,
    peers.peer_band_as_of_date,
    peers.period,
    peers.org_display_name as org_name,
    peers.org_code,
    array[origin(scores)] as read_from
from peer_group as peers
inner join maturity_score as scores
    on
        peers.org_code = scores.org_code
        and peers.care_setting = scores.care_setting
        and peers.measure = scores.measure
        and peers.period = scores.period
        and peers.edition = scores.edition
        and scores.instrument = 'DMA'
where peers.current_org_code is not null
order by peers.current_org_code, peers.org_code, peers.care_setting, peers.measure
