-- purpose: members known by name, of all there were
-- grain: role
select
    split_part(subject, ' ', 1) as role_of_members,
    held as n_known,
    expected as n_all,
    expected - held as n_unknown
from coverage
where source = 'gde' and subject like '% held by name'
order by subject
