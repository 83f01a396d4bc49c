//! What plans and opens scans and sinks, with the first batch when it comes in the same call.

use super::*;

impl<C: Connector> Guest<C> {
    pub(super) fn plan(&self, mut request: pb::PlanRequest) -> Result<pb::PlanResponse> {
        let (_, table) = self.table(request.table.take())?;
        let mut plan = Plan::new(&table.schema()?, request);
        table.plan(&mut plan)?;
        Ok(plan.answer())
    }

    pub(super) fn partitions(&self, request: pb::PartitionsRequest) -> Result<pb::PartitionsResponse> {
        let (_, table) = self.table(request.table)?;
        let state = State::read(&request.plan)?;
        let partitions = table.partitions(&state.token, request.wanted.max(1))?;
        let message = |p: crate::Partition| pb::Partition {
            token: p.token,
            rows: p.rows,
            bytes: p.bytes,
            label: p.label,
            ..Default::default()
        };
        Ok(pb::PartitionsResponse { partitions: partitions.into_iter().map(message).collect(), key_columns: Vec::new() })
    }

    pub(super) fn explain(&self, request: pb::ExplainRequest) -> Result<pb::ExplainResponse> {
        let (_, table) = self.table(request.table)?;
        let state = State::read(&request.plan)?;
        let more = table.explain(&state.token, request.verbose)?;
        let lines = state.explain.into_iter().chain(more.into_iter().map(pair)).collect();
        Ok(pb::ExplainResponse { lines })
    }

    pub(super) fn open_scan(&mut self, request: pb::OpenScanRequest) -> Result<pb::OpenScanResponse> {
        let (rows, fields) = self.start(&request)?;
        let columns = fields.iter().map(scan_column).collect();
        let batch = Batch::new(fields, request.batch_rows.max(1) as usize, BATCH_BYTES);
        let (first, keep, rows_max, bytes_max) = (request.first, request.keep, request.batch_rows, request.batch_bytes);
        let scan = self.add(Handle::Scan(Box::new(OpenScan { request, rows, batch, done: false, failed: None })))?;
        let mut response = pb::OpenScanResponse { scan, columns, ..Default::default() };
        if first {
            (response.batch, response.finished) = self.first(scan, rows_max, bytes_max);
            if response.finished && !keep {
                self.closed = self.handles.remove(&scan);
                response.scan = 0;
            }
        }
        Ok(response)
    }

    /// The address of the first batch of a scan, and whether it is all.
    pub(super) fn first(&mut self, scan: u32, rows_max: u32, bytes_max: u64) -> (u32, bool) {
        let Some(shared) = self.shared.as_mut().filter(|_| rows_max > 0) else { return (0, false) };
        let bytes_max = u32::try_from(bytes_max).unwrap_or(u32::MAX);
        let made = Self::advance(&mut self.handles, self.features, scan, rows_max, bytes_max);
        let Some(Handle::Scan(open)) = self.handles.get_mut(&scan) else { return (0, false) };
        match made {
            Ok(true) => (shared.give(&open.batch), open.done),
            Ok(false) => (0, true),
            Err(e) => {
                open.failed = Some(e);
                (0, false)
            }
        }
    }

    pub(super) fn start(&self, request: &pb::OpenScanRequest) -> Result<(Box<dyn Batches>, Vec<Field>)> {
        let (name, table) = self.table(request.table.clone())?;
        let state = State::read(&request.plan)?;
        let params: Vec<Value> = request.params.iter().cloned().map(Value::from).collect();
        let mut scan = Scan::new(name, &table.schema()?, &state, &request.columns, &params)?;
        scan.partition.clone_from(&request.partition);
        scan.snapshot.clone_from(&request.snapshot);
        scan.resume.clone_from(&request.resume);
        if request.batch_rows > 0 {
            scan.batch_rows = request.batch_rows as usize;
        }
        if request.batch_bytes > 0 {
            scan.batch_bytes = request.batch_bytes as usize;
        }
        Ok((table.scan(&scan)?.0, scan.fields()))
    }

    pub(super) fn rescan(&mut self, request: pb::RescanRequest) -> Result<pb::RescanResponse> {
        let Some(Handle::Scan(scan)) = self.handles.get_mut(&request.scan) else { return Err(bad_handle(request.scan)) };
        scan.request.params = request.params;
        scan.request.arguments = request.arguments;
        scan.request.resume = Vec::new();
        let again = scan.request.clone();
        let (rows, _) = self.start(&again)?;
        if let Some(Handle::Scan(scan)) = self.handles.get_mut(&request.scan) {
            (scan.rows, scan.done, scan.failed) = (rows, false, None);
        }
        let mut response = pb::RescanResponse::default();
        if request.first {
            (response.batch, response.finished) = self.first(request.scan, again.batch_rows, again.batch_bytes);
        }
        Ok(response)
    }

    pub(super) fn open_sink(&mut self, request: pb::OpenSinkRequest) -> Result<pb::OpenSinkResponse> {
        let (name, table) = self.table(request.table.clone())?;
        let schema = table.schema()?;
        let fields = |columns: &[u32]| Scan::new(name.clone(), &schema, &State::default(), columns, &[]).map(|s| s.fields());
        let mut written = fields(&request.key_columns)?;
        written.extend(fields(&request.value_columns)?);
        written.extend(fields(&request.old_columns)?);
        let number = |position: usize, name: &str, kind| Field {
            column: schema.len() + position,
            name: name.into(),
            kind,
            precision: 0,
            scale: 0,
            nullable: false,
        };
        let mut answered = vec![number(0, "row", Type::Uint32), number(1, "outcome", Type::Uint8)];
        answered.extend(fields(&request.returning)?);
        let columns = answered.iter().map(scan_column).collect();
        let sink = table.sink(&request)?;
        let answer = Batch::new(answered, usize::MAX, BATCH_BYTES);
        let sink = self.add(Handle::Sink { sink, fields: written, answer, flushed: false })?;
        let mut response = pb::OpenSinkResponse { sink, answer: columns, ..Default::default() };
        if request.batch != 0
            && let Err(e) = self.write_first(&request, &mut response)
        {
            self.close(sink);
            return Err(e);
        }
        Ok(response)
    }

    /// Writes the batch that came with the request, and ends the write and the transaction as it says.
    pub(super) fn write_first(&mut self, request: &pb::OpenSinkRequest, response: &mut pb::OpenSinkResponse) -> Result<()> {
        let sink = response.sink;
        let Some(shared) = &self.shared else { return Ok(()) };
        let rows = shared.read(request.batch, self.written_fields(sink)?)?;
        let refused = self.write_rows(sink, rows)?;
        response.taken = true;
        if let (Some(Handle::Sink { answer, .. }), Some(shared)) = (self.handles.get(&sink), &mut self.shared)
            && answer.rows() > 0
        {
            response.batch = shared.give(answer);
        }
        if !request.flush || refused {
            return Ok(());
        }
        let flushed = self.flush_sink(&pb::FlushSinkRequest { sink, discard: false })?;
        if let Some(commit) = &request.commit {
            self.commit(commit)?;
        }
        self.closed = self.handles.remove(&sink);
        (response.sink, response.flushed) = (0, Some(flushed));
        Ok(())
    }

    pub(super) fn flush_sink(&mut self, request: &pb::FlushSinkRequest) -> Result<pb::FlushSinkResponse> {
        match self.handles.get_mut(&request.sink) {
            Some(Handle::Sink { sink, flushed, .. }) if !*flushed => {
                // A flush that fails may be followed by a discard.
                let answer = sink.flush(request.discard)?;
                *flushed = true;
                Ok(answer)
            }
            _ => Err(bad_handle(request.sink)),
        }
    }

    pub(super) fn driver(&self) -> Result<&dyn IndexDriver> {
        self.connector()?.index_driver().ok_or_else(|| Error::unsupported("keeping indexes for other connectors"))
    }

    /// Opens a scan over entries of an index.
    pub(super) fn probe(
        &mut self,
        index: &pb::DriverIndex,
        ranges: &[pb::KeyRange],
        reverse: bool,
    ) -> Result<(u32, Vec<pb::ScanColumn>)> {
        let rows = self.driver()?.probe(index, ranges, reverse)?;
        let fields = entry_fields(index);
        let columns = fields.iter().map(scan_column).collect();
        let batch = Batch::new(fields, 1, BATCH_BYTES);
        let request = pb::OpenScanRequest::default();
        let scan = self.add(Handle::Scan(Box::new(OpenScan { request, rows, batch, done: false, failed: None })))?;
        Ok((scan, columns))
    }
}
