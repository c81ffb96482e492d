-- purpose: every trust that is or was, as in the newest list
-- grain: organisation
select
    trusts.org_code,
    trusts.org_display_name as org_name,
    trusts.is_current,
    trusts.close_date,
    trusts.open_date,
    trusts.legal_form,
    trusts.region,
    coalesce(
        regexp_replace(trusts.icb_name, '^NHS | Integrated Care Board$', '', 'g')
        || ' (' || trusts.icb_code || ')',
        trusts.icb_code || ' (name not held)'
    ) as icb,
    array[origin(trusts)] as read_from
from organisation as trusts
where trusts.in_scope
order by trusts.org_code
