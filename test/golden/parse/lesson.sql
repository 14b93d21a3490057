-- The three statements of the lesson, as they stand there.
CREATE TABLE clickstream (
    user_id BIGINT,
    page STRING,
    action STRING,
    event_timestamp TIMESTAMP(3),
    session_id STRING,
    WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = 'clickstream',
    'properties.bootstrap.servers' = 'localhost:9092',
    'format' = 'json',
    'scan.startup.mode' = 'earliest-offset'
);

CREATE TABLE page_metrics (
    window_start TIMESTAMP(3),
    window_end TIMESTAMP(3),
    page STRING,
    view_count BIGINT,
    unique_users BIGINT
) WITH (
    'connector' = 'delta-lake',
    'table-path' = 's3://analytics/realtime/page_metrics/'
);

INSERT INTO page_metrics
SELECT
    window_start,
    window_end,
    page,
    COUNT(*) AS view_count,
    COUNT(DISTINCT user_id) AS unique_users
FROM TABLE(
    TUMBLE(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '5' MINUTE)
)
GROUP BY window_start, window_end, page;

SELECT
    window_start,
    window_end,
    action,
    COUNT(*) AS event_count,
    AVG(COUNT(*)) OVER (
        ORDER BY window_start
        ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
    ) AS moving_avg_3window
FROM TABLE(
    HOP(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)
)
GROUP BY window_start, window_end, action
