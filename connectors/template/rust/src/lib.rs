//! Lines: the lines of a text file, as a table. Copy this folder to start a connector of your own: five steps.
//!
//! ```sql
//! -- wasql query --connector lines=lines.wasm --mount notes=lines:notes.txt
//! SELECT number, line FROM notes.`lines` WHERE number BETWEEN 10 AND 20;
//! ```
//!
//! Build: `cargo build --release --target wasm32-unknown-unknown`. Test: `cargo test`.

use std::io::{BufRead, BufReader};
use wasql::fs::File;
use wasql::{Error, Manifest, Op, Open, Opt, Options, Plan, Result, Rows, Scan, Schema, Table, Use, row};

/// The table, and with it the connector.
pub struct Lines {
    path: String,
    trim: bool,
}

// Step 1: say who you are, which options you take and which powers you ask for.
impl Open for Lines {
    const NAME: &'static str = "lines";

    fn manifest(manifest: Manifest) -> Manifest {
        manifest
            .about("The lines of a text file")
            .license("Apache-2.0")
            .option(Opt::path("path").required().about("the text file").example("notes.txt"))
            .option(Opt::bool("trim").default("false").about("cut white space off both ends of a line"))
            .grant("files.read", "{path}", "to read the lines")
    }

    // Step 2: make the table from the options. Wrong ones were refused before.
    fn open(options: &Options) -> Result<Self> {
        Ok(Lines { path: options.text("path").into(), trim: options.bool("trim")? })
    }
}

// Step 3: declare the columns: a field is one, an `Option` field is nullable.
row! {
    struct Line { number: i64, line: String }
}

impl Table for Lines {
    fn schema(&self) -> Result<Schema> {
        Ok(Schema::of::<Line>())
    }

    // Step 4: claim what you can do better than the engine. Leave this out at first: what is not claimed, the
    // engine does. Claim Exact only when no wrong row comes: the rest of the query is planned on it.
    fn plan(&self, plan: &mut Plan) -> Result<()> {
        for op in [Op::Eq, Op::Lt, Op::Le, Op::Gt, Op::Ge] {
            plan.claim("number", op, Use::Exact);
        }
        if matches!(plan.order(), [key] if key.column == 0 && !key.descending) {
            plan.take_order(); // lines come in this order anyway
        }
        Ok(())
    }

    // Step 5: read the rows. The scan has what was claimed, with all its values.
    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let range = scan.ints("number");
        let (path, trim) = (self.path.clone(), self.trim);
        let lines = BufReader::with_capacity(64 << 10, File::open(&path)?).lines().zip(1i64..);
        let rows = lines
            .take_while(move |(_, number)| i128::from(*number) <= range.high)
            .filter(move |(_, number)| i128::from(*number) >= range.low)
            .map(move |(line, number)| {
                let place = |e| Error::from(e).file(&path).line(number as u64).hint("the file must be UTF-8");
                let line = line.map_err(place)?;
                Ok(Line { number, line: if trim { line.trim().into() } else { line } })
            });
        Ok(Rows::new(rows))
    }
}

wasql::connector!(table Lines);
