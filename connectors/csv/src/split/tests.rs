use super::*;

/// Splits a text into rows of all columns, joined by bars, as one would write them down.
fn rows(text: &str, dialect: Dialect, columns: usize) -> Result<Vec<String>, Stop> {
    let wanted: Vec<usize> = (0..columns).collect();
    let splitter = Splitter::new(dialect, columns, &wanted);
    let mut bytes = text.as_bytes().to_vec();
    if bytes.last() != Some(&dialect.eol) && !bytes.is_empty() {
        bytes.push(dialect.eol);
    }
    let end = bytes.len();
    bytes.resize(end + 64, b',');
    let mut block = Block::new(columns);
    let (at, stop) = splitter.split(&bytes, 0, end, 1000, &mut block);
    if stop != Stop::More || at != end {
        return Err(stop);
    }
    let cell = |row, slot| {
        let token: Token = block.column(slot)[row];
        if token.is_null() { "-".to_string() } else { String::from_utf8_lossy(token.of(&bytes)).into_owned() }
    };
    Ok((0..block.rows).map(|row| (0..columns).map(|slot| cell(row, slot)).collect::<Vec<_>>().join("|")).collect())
}

#[test]
fn records_of_every_kind() {
    let plain = Dialect::default();
    let cases: &[(&str, Dialect, usize, &[&str])] = &[
        ("a,b\nc,d\n", plain, 2, &["a|b", "c|d"]),
        ("a,b\r\nc,d", plain, 2, &["a|b", "c|d"]),
        ("a,b\nc,d\r\n\r\n\n", plain, 2, &["a|b", "c|d"]),
        ("a,b\rc,d\r", Dialect { eol: b'\r', ..plain }, 2, &["a|b", "c|d"]),
        ("\"a,1\",\"b\n2\"\r\n\"\",\"\"\"\"\n", plain, 2, &["a,1|b\n2", "|\"\""]),
        ("a\n\nb\n", plain, 1, &["a", "", "b"]),
        (",\n,\n", plain, 2, &["|", "|"]),
        ("5\" pipe,x\"y\n", plain, 2, &["5\" pipe|x\"y"]),
        ("#c,c,c\na,b\n#\n", Dialect { comment: Some(b'#'), ..plain }, 2, &["a|b"]),
        (" a , \"b\" \r\n  c,d  \r\n", Dialect { trim: true, ..plain }, 2, &["a|b", "c|d"]),
        ("a\n1,2,3\n4,5\n", Dialect { pad: true, ..plain }, 2, &["a|-", "1|2", "4|5"]),
        ("'a''b';\"\n", Dialect { delim: b';', quote: Some(b'\''), escape: b'\'', ..plain }, 2, &["a''b|\""]),
        ("\"a\\\"b\",c\n", Dialect { escape: b'\\', ..plain }, 2, &["a\\\"b|c"]),
        ("\"a\",\"b\n", Dialect { quote: None, ..plain }, 2, &["\"a\"|\"b"]),
        ("", plain, 2, &[]),
    ];
    for (text, dialect, columns, want) in cases {
        assert_eq!(rows(text, *dialect, *columns).unwrap(), *want, "{text:?}");
    }
}

#[test]
fn what_cannot_be_split_is_told() {
    let plain = Dialect::default();
    for (text, want) in [
        ("a,b\nc\n", Stop::Ragged { at: 4, found: 1 }),
        ("a,b\nc,d,e\n", Stop::Ragged { at: 4, found: 3 }),
        ("a,\"b\nc,d\n", Stop::More),
        ("a,\"b\"x\n", Stop::BehindQuote { at: 5 }),
        ("\"b\" ,x\n", Stop::BehindQuote { at: 3 }),
        ("\"b\"\rx,x\n", Stop::BehindQuote { at: 3 }),
    ] {
        assert_eq!(rows(text, plain, 2).unwrap_err(), want, "{text:?}");
    }
}

/// Splits by the rules, a byte at a time.
fn slowly(text: &[u8]) -> Option<Vec<Vec<String>>> {
    let (mut rows, mut row, mut at) = (Vec::new(), Vec::new(), 0);
    while at < text.len() {
        let mut field = Vec::new();
        if text[at] == b'"' {
            at += 1;
            loop {
                match (text.get(at)?, text.get(at + 1)) {
                    (b'"', Some(b'"')) => {
                        field.extend(b"\"\"");
                        at += 2;
                    }
                    (b'"', _) => break,
                    (byte, _) => {
                        field.push(*byte);
                        at += 1;
                    }
                }
            }
            at += 1;
            if text[at..].starts_with(b"\r\n") {
                at += 1;
            }
        } else {
            while !matches!(text[at], b',' | b'\n') {
                field.push(text[at]);
                at += 1;
            }
            if text[at] == b'\n' && field.last() == Some(&b'\r') {
                field.pop();
            }
        }
        row.push(String::from_utf8(field).unwrap());
        match text[at] {
            b',' => {}
            b'\n' => {
                rows.push(std::mem::take(&mut row));
            }
            _ => return None,
        }
        at += 1;
    }
    Some(rows)
}

#[test]
fn every_projection_splits_as_a_plain_loop_does() {
    let mut state = 7u64;
    let mut random = |n: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % n
    };
    for round in 0..3000 {
        let columns = 1 + random(5) as usize;
        let mut text = Vec::new();
        for _ in 0..random(12) {
            for column in 0..columns {
                let quoted = random(3) == 0;
                let body: String = (0..random(if round % 7 == 0 { 90 } else { 9 }))
                    .map(|_| {
                        if quoted {
                            ["a", ",", "\n", "\"\"", "\r"][random(5) as usize]
                        } else {
                            ["b", "\"", "x"][random(3) as usize]
                        }
                    })
                    .collect();
                let body = if quoted { format!("\"{body}\"") } else { format!("z{body}") };
                text.extend(body.bytes());
                text.extend(if column + 1 < columns {
                    ",".bytes()
                } else if random(2) == 0 {
                    "\n".bytes()
                } else {
                    "\r\n".bytes()
                });
            }
        }
        let want = slowly(&text).unwrap();
        let end = text.len();
        let mut bytes = text.clone();
        bytes.resize(end + 64, b'"');
        for mask in 0..1usize << columns {
            let wanted: Vec<usize> = (0..columns).filter(|c| mask >> c & 1 == 1).collect();
            let splitter = Splitter::new(Dialect::default(), columns, &wanted);
            let mut block = Block::new(wanted.len());
            let (at, stop) = splitter.split(&bytes, 0, end, 1000, &mut block);
            assert_eq!((at, stop), (end, Stop::More), "{:?}", String::from_utf8_lossy(&text));
            assert_eq!(block.rows, want.len());
            for (slot, &column) in wanted.iter().enumerate() {
                for (row, want) in want.iter().enumerate() {
                    let token = block.column(slot)[row];
                    assert_eq!(token.of(&bytes), want[column].as_bytes());
                }
            }
        }
    }
}
