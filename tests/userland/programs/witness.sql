-- A table of 4000 rows from a linear congruential generator (POSIX's example of rand()); see sqlite.ts.
create table t(id integer primary key, n integer not null, x real not null, name text);
with recursive generator(id, n) as (
  select 1, 1 union all select id + 1, (n * 1103515245 + 12345) % 2147483648 from generator where id < 4000
) insert into t select id, n, n / 1024.0, printf('%08x', n) from generator;
create index by_n on t(n);
create index by_name on t(name desc, x);
analyze;
select 'rows', count(*) from t;
select 'sum', sum(n) from t;
select 'real sum', printf('%!.6f', sum(x)) from t;
select 'group ' || (n % 7), count(*), max(n) from t group by n % 7 order by 1;
select 'middle', n from t order by n limit 1 offset 1999;
pragma integrity_check;
create virtual table words using fts5(body);
insert into words(rowid, body)
  select id, case n % 5 when 0 then 'one two' when 1 then 'two three' when 2 then 'four' when 3 then 'five six' else 'ten' end
  from t;
select 'words', count(*) from words where words match 'six AND five';
insert into words(words) values ('integrity-check');
create virtual table boxes using rtree(id, x0, x1, y0, y1);
insert into boxes select id, n % 1000, n % 1000 + 5, n / 7 % 1000, n / 7 % 1000 + 3.5 from t where id <= 2000;
select 'boxes', count(*), min(id), max(id) from boxes where x0 > 300 and x1 < 500 and y0 >= 100.5 and y1 <= 900.25;
pragma integrity_check;
-- Real numbers as text and back, and the functions of the C library.
select 'double', printf('%!.17g', x / 3), printf('%.15g', x * 1e-300), printf('%e', x * 1e250), x / 7 from t where id <= 40;
select 'text', id from t where id <= 2000 and cast(printf('%!.17g', x / 3) as real) <> x / 3;
select 'math', printf('%.12g', sqrt(x)), printf('%.12g', ln(x + 1)), printf('%.12g', sin(x)), printf('%.12g', pow(x, 0.37)),
  printf('%.12g', atan2(x, n + 1.5)), printf('%.12g', exp(1 / (x + 0.5))) from t where id <= 40;
select 'rounded', round(x, 2), cast(x as integer), x % 17, ceil(x), floor(-x), trunc(-x) from t where id <= 20;
select 'integers', n << 33, n >> 3, ~n, n * n, -n / 7, -n % 7, abs(-n) from t where id between 10 and 20;
-- Windows, joins, a recursive query, dates, JSON.
select 'window', id, sum(n) over (order by id rows 3 preceding), ntile(7) over (order by n), percent_rank() over (order by x)
  from t where id <= 30 order by id;
select 'join', count(*), sum(a.n % 1000) from t a join t b on b.n = (a.n * 1103515245 + 12345) % 2147483648;
with recursive queen(board, row) as (
  select '', 0 union all
  select board || column, row + 1 from queen, (select value as column from json_each('[1,2,3,4,5,6]'))
  where row < 6 and not exists (
    select 1 from json_each('[1,2,3,4,5,6]') as k where k.value <= row and (
      substr(board, k.value, 1) = column || '' or
      abs(substr(board, k.value, 1) - column) = row + 1 - k.value))
) select 'queens', board from queen where row = 6 order by board;
select 'date', date('2000-01-01', '+' || id || ' days'), julianday('1970-01-01', '+' || n || ' seconds'),
  strftime('%Y-%m-%dT%H:%M:%S %j %W', n, 'unixepoch') from t where id <= 20;
select 'json', json_group_array(n % 10), json_extract('{"a":[1,2.5,{"b":"c"}]}', '$.a[2].b', '$.a[1]') from t where id <= 20;
update t set name = upper(name) where n % 3 = 0;
delete from t where n % 11 = 5;
select 'left', count(*), sum(n), group_concat(substr(name, 5), '') from (select * from t order by name limit 60);
vacuum;
