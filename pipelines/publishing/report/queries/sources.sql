-- purpose: the publications that the figures are made of
-- grain: source
select
    title,
    publisher,
    newest_edition,
    landing_page,
    licence
from source_status
where source in ('dma', 'dmsa', 'gde', 'epr', 'funding', 'ods', 'tac')
order by publisher, title
