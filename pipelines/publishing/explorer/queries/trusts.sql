-- purpose: every trust that is or was, as in the newest list
-- grain: organisation
with boards as (
    select
        icb_code,
        max(icb_name) as icb_name
    from organisation_geography
    group by icb_code
)

select
    trusts.org_code,
    trusts.org_display_name as org_name,
    trusts.is_current,
    trusts.close_date,
    trusts.open_date,
    trusts.legal_form,
    trusts.region,
    coalesce(
        regexp_replace(boards.icb_name, '^NHS | Integrated Care Board$', '', 'g')
        || ' (' || trusts.icb_code || ')',
        trusts.icb_code
    ) as icb
from organisation as trusts
left join boards on trusts.icb_code = boards.icb_code
where trusts.in_scope
order by trusts.org_code
