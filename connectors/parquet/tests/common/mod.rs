//! Files to read, written by the `parquet` crate.

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Columns of the file: position 0 to 5.
pub const SCHEMA: &str = "message cities {
    required int64 id;
    optional binary name (STRING);
    required int32 price (DECIMAL(9, 2));
    optional int32 day (DATE);
    required double height;
    optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
}";

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub codec: Compression,
    pub version: WriterVersion,
    pub dictionary: bool,
    pub encoding: Option<Encoding>,
    /// With bloom filters; with bounds of chunks and pages.
    pub bloom: bool,
    pub bounds: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            codec: Compression::UNCOMPRESSED,
            version: WriterVersion::PARQUET_1_0,
            dictionary: true,
            encoding: None,
            bloom: false,
            bounds: true,
        }
    }
}

/// The styles that go through different code.
#[allow(dead_code)]
pub fn styles() -> Vec<Style> {
    let plain = Style { dictionary: false, ..Default::default() };
    let v2 = Style { version: WriterVersion::PARQUET_2_0, ..Default::default() };
    vec![
        Style::default(),
        plain,
        v2,
        Style { bloom: true, ..Default::default() },
        Style { bounds: false, ..Default::default() },
        Style { encoding: Some(Encoding::DELTA_BINARY_PACKED), ..plain },
        Style { encoding: Some(Encoding::BYTE_STREAM_SPLIT), ..plain },
        Style { codec: Compression::SNAPPY, ..plain },
        Style { codec: Compression::GZIP(Default::default()), ..v2 },
        Style { codec: Compression::LZ4_RAW, ..plain },
    ]
}

/// Writes `groups` row groups of `rows` rows: ids count from 0, every 3rd name, every 5th day and every
/// 4th list is NULL.
pub fn write(path: &Path, groups: i64, rows: i64, style: Style) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut properties = WriterProperties::builder()
        .set_compression(style.codec)
        .set_writer_version(style.version)
        .set_dictionary_enabled(style.dictionary)
        .set_bloom_filter_enabled(style.bloom)
        .set_statistics_enabled(if style.bounds { EnabledStatistics::Page } else { EnabledStatistics::None })
        .set_data_page_row_count_limit(64)
        .set_write_batch_size(32);
    if let Some(encoding) = style.encoding {
        let numbers: &[&str] = if encoding == Encoding::BYTE_STREAM_SPLIT { &["height"] } else { &["id", "price", "day"] };
        for name in numbers {
            properties = properties.set_column_encoding((*name).into(), encoding);
        }
        if encoding == Encoding::DELTA_BINARY_PACKED {
            properties = properties.set_column_encoding("name".into(), Encoding::DELTA_BYTE_ARRAY);
            properties = properties.set_column_encoding(
                vec!["tags".into(), "list".into(), "element".into()].into(),
                Encoding::DELTA_LENGTH_BYTE_ARRAY,
            );
        }
    }
    let mut file = SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties.build())).unwrap();
    for group in 0..groups {
        let ids: Vec<i64> = (group * rows..(group + 1) * rows).collect();
        let mut out = file.next_row_group().unwrap();
        macro_rules! column {
            ($type:ty, $values:expr, $def:expr, $rep:expr) => {{
                let mut column = out.next_column().unwrap().unwrap();
                column.typed::<$type>().write_batch(&$values, $def, $rep).unwrap();
                column.close().unwrap();
            }};
        }
        let levels = |every: i64| ids.iter().map(|i| i16::from(i % every != 0)).collect::<Vec<i16>>();
        let there = |every: i64| ids.iter().filter(move |i| *i % every != 0);
        column!(Int64Type, ids, None, None);
        let names: Vec<ByteArray> = there(3).map(|i| format!("city {}", i % 40).as_str().into()).collect();
        column!(ByteArrayType, names, Some(&levels(3)), None);
        column!(Int32Type, ids.iter().map(|i| (*i * 125) as i32).collect::<Vec<_>>(), None, None);
        column!(Int32Type, there(5).map(|i| *i as i32).collect::<Vec<_>>(), Some(&levels(5)), None);
        column!(DoubleType, ids.iter().map(|i| *i as f64 / 4.0).collect::<Vec<_>>(), None, None);
        let (mut tags, mut def, mut rep) = (Vec::<ByteArray>::new(), Vec::new(), Vec::new());
        for i in &ids {
            match i % 4 {
                0 => (def.push(0), rep.push(0)),
                1 => (def.push(1), rep.push(0)),
                n => {
                    for j in 0..n {
                        def.push(if j == 1 { 2 } else { 3 });
                        rep.push(i16::from(j > 0));
                        if j != 1 {
                            tags.push(format!("t{i}.{j}").as_str().into());
                        }
                    }
                    ((), ())
                }
            };
        }
        column!(ByteArrayType, tags, Some(&def), Some(&rep));
        out.close().unwrap();
    }
    file.close().unwrap();
}
