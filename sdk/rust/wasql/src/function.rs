//! SQL functions that a connector adds: scalar ones, aggregates and those that give tables.

use std::collections::BTreeMap;
use std::fmt;

use crate::guest::answer;
use crate::pb::{self, FunctionKind, Op};
use crate::{Batch, Code, Column, Connector, Error, Field, Result, TableName, Type, Value};

/// One group of an aggregate.
pub trait Accumulator {
    /// Takes the arguments of a row.
    fn add(&mut self, arguments: &[Value]) -> Result<()>;

    /// Gives the result, also of a group without rows.
    fn result(&mut self) -> Result<Value>;
}

type Call = dyn Fn(&[Value]) -> Result<Value>;
type Start = dyn Fn() -> Box<dyn Accumulator>;

enum Body {
    Scalar(Box<Call>),
    Aggregate(Box<Start>),
    Table(String),
}

/// A SQL function. Announce [`pb::Feature::Functions`] in the manifest.
pub struct Function {
    declared: pb::Function,
    body: Body,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Function").field(&self.declared.name).finish()
    }
}

impl Function {
    /// A function of one row's arguments.
    pub fn scalar(
        name: &str,
        arguments: impl IntoIterator<Item = Column>,
        result: Column,
        call: impl Fn(&[Value]) -> Result<Value> + 'static,
    ) -> Self {
        Self::declare(name, FunctionKind::Scalar, arguments, result, Body::Scalar(Box::new(call)))
    }

    /// A function of the rows of a group; `start` begins one.
    pub fn aggregate<A: Accumulator + 'static>(
        name: &str,
        arguments: impl IntoIterator<Item = Column>,
        result: Column,
        start: impl Fn() -> A + 'static,
    ) -> Self {
        Self::declare(name, FunctionKind::Aggregate, arguments, result, Body::Aggregate(Box::new(move || Box::new(start()))))
    }

    /// A call of a table: its argument columns get the arguments. Several of a name are told apart by how many
    /// arguments they take.
    pub fn table(name: &str, arguments: impl IntoIterator<Item = Column>, table: &str) -> Self {
        let mut function =
            Self::declare(name, FunctionKind::Table, arguments, Column(pb::Column::default()), Body::Table(table.into()));
        function.declared.result = None;
        function
    }

    /// What FIND_FUNCTION says of it: a call of a table names the table.
    fn found(mut self) -> pb::Function {
        if let Body::Table(table) = self.body {
            self.declared.name = table;
        }
        self.declared
    }

    fn declare(name: &str, kind: FunctionKind, arguments: impl IntoIterator<Item = Column>, result: Column, body: Body) -> Self {
        let declared = pb::Function {
            name: name.into(),
            kind: kind as i32,
            arguments: arguments.into_iter().map(|c| c.0).collect(),
            result: Some(result.0),
            ..Default::default()
        };
        Function { declared, body }
    }

    /// Same arguments, same result.
    pub fn deterministic(mut self) -> Self {
        self.declared.deterministic = true;
        self
    }

    /// NULL in, NULL out without a call; an aggregate does not see rows with a NULL.
    pub fn null_propagates(mut self) -> Self {
        self.declared.null_propagates = true;
        self
    }

    /// Plan may claim conjuncts of this function ([`crate::Op::Function`]).
    pub fn constraint(mut self) -> Self {
        self.declared.constraint = true;
        self
    }

    /// The last argument repeats.
    pub fn variadic(mut self) -> Self {
        self.declared.variadic = true;
        self
    }

    /// So many arguments must be given; all unless said.
    pub fn least(mut self, arguments: u32) -> Self {
        self.declared.arguments_min = arguments;
        self
    }

    /// One sentence about it.
    pub fn about(mut self, text: &str) -> Self {
        self.declared.description = text.into();
        self
    }

    fn takes(&self, n: usize) -> bool {
        let declared = self.declared.arguments.len();
        let least = if self.declared.arguments_min == 0 { declared } else { self.declared.arguments_min as usize };
        n >= least && (n <= declared || self.declared.variadic && declared > 0)
    }

    /// 2 for each argument of the declared type, 1 for each of its class.
    fn closeness(&self, kinds: &[Type]) -> usize {
        let last = self.declared.arguments.len().saturating_sub(1);
        let points = |(i, &given): (usize, &Type)| {
            let declared = self.declared.arguments[i.min(last)].r#type();
            if given == declared { 2 } else { usize::from(class(given) == class(declared)) }
        };
        kinds.iter().enumerate().map(points).sum()
    }
}

/// Groups the types that are easily taken for each other.
fn class(kind: Type) -> u8 {
    use Type::*;
    match kind {
        Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64 | Bit | Year => 1,
        Float32 | Float64 | Decimal128 | Decimal256 => 2,
        Date | Time | Datetime => 3,
        Utf8 | Json | Enum | Set => 4,
        _ => 5,
    }
}

/// Chooses among the functions of a name the one that takes so many arguments and whose types are
/// closest; the first of several.
pub(crate) fn choose(all: Vec<Function>, name: &str, kinds: &[Type]) -> Option<Function> {
    let mut best: Option<(usize, Function)> = None;
    for f in all {
        if !f.declared.name.eq_ignore_ascii_case(name) || !f.takes(kinds.len()) {
            continue;
        }
        let points = f.closeness(kinds);
        if best.as_ref().is_none_or(|(most, _)| points > *most) {
            best = Some((points, f));
        }
    }
    best.map(|(_, f)| f)
}

/// FUNCTIONS and FIND_FUNCTION.
pub(crate) fn listed<C: Connector>(connector: &C, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    if op == Op::Functions {
        return answer(request, |_: pb::FunctionsRequest| {
            Ok(pb::FunctionsResponse { functions: connector.functions().into_iter().map(|f| f.declared).collect() })
        });
    }
    answer(request, |r: pb::FindFunctionRequest| {
        let kinds: Vec<Type> = r.arguments.iter().map(pb::Column::r#type).collect();
        let table = r.table.map(TableName);
        let function = connector.find_function(&r.name, &kinds, table.as_ref()).map(Function::found);
        Ok(pb::FindFunctionResponse { function })
    })
}

/// An open function: calls of a scalar one, or the groups of an aggregate.
pub(crate) struct OpenFunction {
    function: Function,
    pub(crate) fields: Vec<Field>,
    pub(crate) answer: Batch,
    groups: BTreeMap<u64, Box<dyn Accumulator>>,
    rows: u64,
    /// The next group to give and the number of all, once it is finished.
    finished: Option<(u64, u64)>,
}

impl OpenFunction {
    pub(crate) fn open<C: Connector>(connector: &C, request: &pb::OpenFunctionRequest) -> Result<(Self, pb::ScanColumn)> {
        let kinds: Vec<Type> = request.arguments.iter().map(pb::ScanColumn::r#type).collect();
        let found = connector.find_function(&request.name, &kinds, None);
        let function = found.ok_or_else(|| {
            Error::not_found(format!("function {:?} does not exist, or not with {} arguments", request.name, kinds.len()))
        })?;
        if matches!(function.body, Body::Table(_)) || request.aggregate != matches!(function.body, Body::Aggregate(_)) {
            return Err(Error::invalid(format!("function {:?} cannot be called this way", request.name)));
        }
        let field = |column: usize, name: String, c: &pb::ScanColumn| Field {
            column,
            name,
            kind: c.r#type(),
            precision: c.precision,
            scale: c.scale,
            nullable: true,
        };
        let mut fields = Vec::new();
        if request.aggregate {
            fields.push(field(0, "group".into(), &pb::ScanColumn { r#type: Type::Uint32 as i32, ..Default::default() }));
        }
        for (i, c) in request.arguments.iter().enumerate() {
            fields.push(field(fields.len(), format!("argument {}", i + 1), c));
        }
        let declared = function.declared.result.clone().unwrap_or_default();
        let sent = pb::ScanColumn {
            r#type: declared.r#type,
            precision: declared.precision,
            scale: declared.scale,
            nullable: !declared.not_null,
            ..Default::default()
        };
        let answer = Batch::new(vec![field(0, "result".into(), &sent)], usize::MAX, usize::MAX);
        Ok((OpenFunction { function, fields, answer, groups: BTreeMap::new(), rows: 0, finished: None }, sent))
    }

    /// Takes a batch; the results of a scalar function are then in `answer`.
    pub(crate) fn write(&mut self, rows: &[Vec<Value>]) -> Result<()> {
        self.answer.clear();
        for (i, values) in rows.iter().enumerate() {
            self.row(values).map_err(|e| if e.status().row == 0 { e.row(self.rows + i as u64 + 1) } else { e })?;
        }
        self.rows += rows.len() as u64;
        Ok(())
    }

    fn row(&mut self, values: &[Value]) -> Result<()> {
        match &self.function.body {
            Body::Scalar(call) => {
                self.answer.vector(0).push_value(&call(values)?)?;
                self.answer.end_row();
                Ok(())
            }
            Body::Table(_) => Err(Error::invalid("a table is read, not called")),
            Body::Aggregate(start) => {
                let Some(Value::Uint(group)) = values.first() else { return Err(Error::invalid("a row has no group")) };
                self.groups.entry(*group).or_insert_with(start).add(&values[1..])
            }
        }
    }

    pub(crate) fn finish(&mut self, groups: u64) -> Result<()> {
        if !matches!(self.function.body, Body::Aggregate(_)) {
            return Err(Error::invalid("it is no aggregate"));
        }
        self.finished = Some((0, groups));
        Ok(())
    }

    /// Puts the next results into `answer`; false: there are no more.
    pub(crate) fn next(&mut self, rows_max: u32) -> Result<bool> {
        let (Some((next, all)), Body::Aggregate(start)) = (self.finished, &self.function.body) else {
            return Err(Error::new(Code::InvalidArgument, "the function is not finished"));
        };
        self.answer.clear();
        let end = all.min(next + u64::from(rows_max.max(1)));
        for group in next..end {
            let value = self.groups.entry(group).or_insert_with(start).result()?;
            self.answer.vector(0).push_value(&value)?;
            self.answer.end_row();
        }
        self.finished = Some((end, all));
        Ok(end > next)
    }
}
