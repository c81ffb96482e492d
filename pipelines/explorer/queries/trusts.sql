-- purpose: every trust that is or was, as the newest list tells it
-- grain: organisation
select
    org_code,
    org_name,
    is_current,
    close_date,
    open_date,
    legal_form,
    region,
    icb_code
from organisation
where in_scope
order by org_code
