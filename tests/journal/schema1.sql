-- A journal as the first schema had it, written by the code of then. Never edit: its chain is its point.
PRAGMA user_version=1;
CREATE TABLE record (
    sequence    INTEGER PRIMARY KEY,
    received_ns INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    input       BLOB NOT NULL,
    outputs     BLOB NOT NULL,
    digest      BLOB NOT NULL
) STRICT
;
INSERT INTO record VALUES (0, 1790000040000000000, 'opening',
CAST('{"schema_version":1,"setup":{"session_id":"20260921T141400Z-BTCUSDT-test","config":{"strategy_parameters":{},"opening_wallet_usdt":10000.0,"leverage":5,"end_policy":"flatten","interval_s":60,"history_bars":0,"equity_sample_s":1.0,"risk":{"risk_pct":0.5,"leverage_max":5.0,"notional_max_usdt":50000.0,"entry_interval_s":0,"strategy_failures_max":3},"execution":{"latency_ms_min":50.0,"latency_ms_max":500.0,"trigger_latency_ms":10.0,"taker_fee_bps":6.0,"maker_fee_bps":2.0,"market_protection_bps":200.0,"half_spread_bps":1.0,"settlement_pause_ms":0.0},"feed":{"first_message_timeout_s":5.0,"stale_s":8.0,"reconnect_s":18.0,"stop_s":60.0,"trade_patience":4.0,"candle_confirm_timeout_s":10.0,"queue_frames_max":10000},"exchange":{"market":"synthetic","tape":"","market_seed":7,"is_deaf":false},"source":"embedded","symbol":"BTCUSDT","minutes":0.05,"strategy":"hold","account":"default","seed":1,"speed":1.0},"instruments":[{"venue":"bitunix","symbol":"BTCUSDT","base":"BTC","quote":"USDT","tick_size":"0.1","quantity_step":"0.0001","quantity_min":"0.0001","limit_quantity_max":"1000","market_quantity_max":"1000","notional_min":"0","leverage_max":125,"price_band":"0.05","taker_fee_rate":"0.0006","maker_fee_rate":"0.0002","maintenance_basis":"entry","status":"open","tiers":[]}],"head":{"wallet":"10000.00","counters":{"order":0,"fill":0,"trip":0,"line":0,"intent":0},"positions":[],"trips":[],"orders":[],"owed":[],"funding_booked_ns":{},"funding_next_ns":{},"funding_interval_ns":{},"last_entry_ns":null,"as_of_ns":0,"unheard":[],"sessions":0},"opened_ns":1790000040000000000,"deadline_ns":1790000043000000000,"channels":["book","price","candle","trade"],"builds_candles":false},"config_digest":"093ca4e652ec064e61b45ae34b37108e8c0f74073945053a7f1cf12d26c35073","source_digest":"05cd4896b2f7e3203f51154c957d32cd6a1a49c20dd08fd9682e1db86d015ec7","versions":{},"venue":"embedded","endpoint":{},"predecessor":null}' AS BLOB),
CAST('' AS BLOB),
x'7F4308A7F47FAC81D8383A117346D6490B0BA1F9CDAD5BC603A8B0443B895BBB');
INSERT INTO record VALUES (1, 1790000040000000000, 'reply',
CAST('{"purpose":"funding_rate","symbol":"BTCUSDT","path":"/api/v1/futures/market/funding_rate","query":[["symbol","BTCUSDT"]],"interval_s":0,"start_ns":0,"end_ns":0}
{"code": 0, "data": [{"symbol": "BTCUSDT", "markPrice": "86500.0", "lastPrice": "86500.0", "indexPrice": "86500.0", "fundingRate": "0.01", "fundingInterval": 8, "nextFundingTime": "1790006400000", "maxFundingRate": "0.3", "minFundingRate": "-0.3"}], "msg": "Success"}' AS BLOB),
CAST('[{"type":"SessionStarted","at_ns":1790000040000000000,"session_id":"20260921T141400Z-BTCUSDT-test","deadline_ns":1790000043000000000},{"type":"EntriesSuspended","at_ns":1790000040000000000,"reason":"BTCUSDT stale_feed: book: waiting, price: waiting, candle: waiting, trade: waiting"},{"type":"EntriesSuspended","at_ns":1790000040000000000,"reason":"BTCUSDT funding_unknown: the next settlement is not known"},{"type":"EquityMarked","at_ns":1790000040000000000,"wallet":"10000.00","unrealised":"0","equity":"10000.00","exposure":"0"}]' AS BLOB),
x'1D967521FC474D76B6B8F0D4AA24F0100A55654BAD2B191CF4C75184CFBA9B29');
INSERT INTO record VALUES (2, 1790000040000000000, 'event',
CAST('{"type":"FeedConnected","received_ns":1790000040000000000,"attempt":1}' AS BLOB),
CAST('[{"type":"ConnectionNoted","at_ns":1790000040000000000,"is_up":true,"reason":"connection 1"}]' AS BLOB),
x'557DA229AED3765279D4C78BF9DD47B7DF753F3C0B4ABE52280DE4C41F459F27');
INSERT INTO record VALUES (3, 1790000040050000000, 'frame',
CAST('{"ch":"price","symbol":"BTCUSDT","ts":1790000040000,"data":{"ip":"86500.1","mp":"86500.1","fr":"0.001","ft":"2026-09-21T08:00:00Z","nft":"2026-09-21T16:00:00Z"}}' AS BLOB),
CAST('' AS BLOB),
x'497AAE3CF4C26DBDC7C7CC1550AD121A06134F90EB7367EE803F5F36F602A36B');
INSERT INTO record VALUES (4, 1790000040050000000, 'frame',
CAST('{"ch":"market_kline_1min","symbol":"BTCUSDT","ts":1790000040000,"data":{"o":"86500.1","h":"86500.1","l":"86500.1","c":"86500.1","b":"1.5","q":"129750"}}' AS BLOB),
CAST('' AS BLOB),
x'E91DC573877FBE89F7731984A7B4062DF6D30A3F4EFE05D6F1E4457437FC5120');
INSERT INTO record VALUES (5, 1790000040050000000, 'frame',
CAST('{"ch":"trade","symbol":"BTCUSDT","ts":1790000040000,"data":[{"t":"2026-09-21T14:14:00Z","p":"86500.1","v":"0.2554","s":"buy"}]}' AS BLOB),
CAST('' AS BLOB),
x'28F608701D805382E87D3C0538E4958A6F0A11797E4101805BE319C326B29D04');
INSERT INTO record VALUES (6, 1790000040250000000, 'frame',
CAST('{"ch":"trade","symbol":"BTCUSDT","ts":1790000040200,"data":[{"t":"2026-09-21T14:14:00Z","p":"86500.4","v":"0.9425","s":"buy"}]}' AS BLOB),
CAST('' AS BLOB),
x'9DD4120FE85F08D06B2C1666E2FDF5599DA7A5BBD100A815B50690582D549437');
INSERT INTO record VALUES (7, 1790000040450000000, 'frame',
CAST('{"ch":"trade","symbol":"BTCUSDT","ts":1790000040400,"data":[{"t":"2026-09-21T14:14:00Z","p":"86501.0","v":"0.9223","s":"buy"}]}' AS BLOB),
CAST('' AS BLOB),
x'C3A406EE8D8C83EB06677084FEEAA9528857CA95AA0701AD3FE9CA98A71EA930');
INSERT INTO record VALUES (8, 1790000040450000000, 'closing',
CAST('{"head":{"wallet":"10000.00","counters":{"order":0,"fill":0,"trip":0,"line":0,"intent":0},"positions":[],"trips":[],"orders":[],"owed":[],"funding_booked_ns":{},"funding_next_ns":{"BTCUSDT":1790006400000000000},"funding_interval_ns":{"BTCUSDT":28800000000000},"last_entry_ns":null,"as_of_ns":1790000040400000000,"unheard":[],"sessions":1}}' AS BLOB),
CAST('' AS BLOB),
x'BCC4B9FC7DB7CAD3E85E17C3EBDA6AEAFCAEB144D7FB5CFE425F95E65099B30E');
