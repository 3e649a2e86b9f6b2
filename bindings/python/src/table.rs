//! Tables as Arrow record batches, handed to Python without copies.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowSchema, to_ffi};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, RecordBatchIterator,
    StringArray, StructArray, UInt64Array,
};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Metadata, Schema, SchemaRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyTuple};
use riparian::calendar::{Date, day_index};

/// A table of results.
///
/// It speaks Arrow's PyCapsule interface, so that pandas, polars, pyarrow and others take it
/// without copies: `polars.DataFrame(table)`, `pyarrow.table(table)`.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Table(RecordBatch);

fn broken(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

impl Table {
    pub(crate) fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }

    fn ffi_schema(&self) -> PyResult<FFI_ArrowSchema> {
        FFI_ArrowSchema::try_from(self.0.schema_ref().as_ref()).map_err(broken)
    }
}

#[pymethods]
impl Table {
    /// The schema, for `pyarrow.schema(table)` and others.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        PyCapsule::new_with_value(py, self.ffi_schema()?, c"arrow_schema")
    }

    /// The rows as one struct array; the schema asked for is ignored.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        let rows = StructArray::from(self.0.clone()).into_data();
        let (array, _) = to_ffi(&rows).map_err(broken)?;
        // The schema of the table, not of the struct, has the metadata.
        Ok((
            PyCapsule::new_with_value(py, self.ffi_schema()?, c"arrow_schema")?,
            PyCapsule::new_with_value(py, array, c"arrow_array")?,
        ))
    }

    /// The rows as a stream of one batch; the schema asked for is ignored.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let (batch, schema) = (self.0.clone(), self.0.schema());
        let batches = RecordBatchIterator::new([Ok(batch)], schema);
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// The table as a pandas DataFrame. Needs pandas and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_arrow(slf)?.call_method0("to_pandas")
    }

    /// The table as a `pyarrow.Table`. Needs pyarrow.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// The table as a `polars.DataFrame`. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        let fields = self.0.schema_ref().fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// The units of the columns that have one: `m3/s`, `Mm3`, `m3`, `kWh`. They are in the metadata
    /// of the fields too, as `unit`.
    #[getter]
    fn units(&self) -> BTreeMap<String, String> {
        let fields = self.0.schema_ref().fields().iter();
        let unit = |field: &Arc<Field>| {
            let unit = field.metadata().get("unit")?;
            Some((field.name().clone(), unit.to_owned()))
        };
        fields.filter_map(unit).collect()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = (self.0.num_rows(), self.columns().join(", "));
        format!("<riparian.Table of {rows} rows: {columns}>")
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> isize {
        self.0.num_rows() as isize
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let batch = &slf.get().0;
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, batch.schema_ref()).map_err(broken)?;
        writer
            .write(batch)
            .and_then(|()| writer.finish())
            .map_err(broken)?;
        drop(writer);
        let py = slf.py();
        let restore = py.get_type::<Self>().getattr("_restore")?;
        (restore, (PyBytes::new(py, &bytes),)).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(bytes: &[u8]) -> PyResult<Self> {
        let mut batches = StreamReader::try_new(bytes, None).map_err(broken)?;
        let batch = batches
            .next()
            .unwrap_or_else(|| Err(ArrowError::IpcError("no batch of a table".to_owned())));
        batch.map(Self).map_err(broken)
    }
}

/// A table put together column by column.
#[derive(Default)]
pub(crate) struct Columns {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

/// Day 0 of Arrow's dates.
const EPOCH: Date = Date::constant(1970, 1, 1);

impl Columns {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn with(mut self, name: &str, unit: Option<&str>, nullable: bool, column: ArrayRef) -> Self {
        let mut field = Field::new(name, column.data_type().clone(), nullable);
        if let Some(unit) = unit {
            field = field.with_metadata(Metadata::from([("unit", unit)]));
        }
        self.fields.push(field);
        self.columns.push(column);
        self
    }

    pub(crate) fn text<S: AsRef<str>>(self, name: &str, rows: impl IntoIterator<Item = S>) -> Self {
        let column = StringArray::from_iter_values(rows);
        self.with(name, None, false, Arc::new(column))
    }

    pub(crate) fn text_or<S: AsRef<str>>(
        self,
        name: &str,
        rows: impl IntoIterator<Item = Option<S>>,
    ) -> Self {
        let column: StringArray = rows.into_iter().collect();
        self.with(name, None, true, Arc::new(column))
    }

    pub(crate) fn dates(self, name: &str, rows: impl IntoIterator<Item = Date>) -> Self {
        let days = rows.into_iter().map(|date| day_index(EPOCH, date) as i32);
        self.with(
            name,
            None,
            false,
            Arc::new(Date32Array::from_iter_values(days)),
        )
    }

    pub(crate) fn dates_or(self, name: &str, rows: impl IntoIterator<Item = Option<Date>>) -> Self {
        let day = |date: Date| day_index(EPOCH, date) as i32;
        let days = rows.into_iter().map(|date| date.map(day));
        self.with(name, None, true, Arc::new(days.collect::<Date32Array>()))
    }

    pub(crate) fn counts(self, name: &str, rows: impl IntoIterator<Item = u64>) -> Self {
        let column = UInt64Array::from_iter_values(rows);
        self.with(name, None, false, Arc::new(column))
    }

    pub(crate) fn flags(self, name: &str, rows: impl IntoIterator<Item = bool>) -> Self {
        let rows = rows.into_iter().map(Some);
        self.with(name, None, false, Arc::new(rows.collect::<BooleanArray>()))
    }

    pub(crate) fn numbers(
        self,
        name: &str,
        unit: Option<&str>,
        rows: impl IntoIterator<Item = f64>,
    ) -> Self {
        let column = Float64Array::from_iter_values(rows);
        self.with(name, unit, false, Arc::new(column))
    }

    pub(crate) fn numbers_or(
        self,
        name: &str,
        unit: Option<&str>,
        rows: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        let column: Float64Array = rows.into_iter().collect();
        self.with(name, unit, true, Arc::new(column))
    }

    /// A column that is put together elsewhere.
    pub(crate) fn column(self, name: &str, column: ArrayRef) -> Self {
        let nullable = !matches!(column.data_type(), DataType::List(_));
        self.with(name, None, nullable, column)
    }

    pub(crate) fn finish(self) -> PyResult<Table> {
        let schema: SchemaRef = Arc::new(Schema::new(self.fields));
        let batch = RecordBatch::try_new(schema, self.columns).map_err(broken)?;
        Ok(Table(batch))
    }
}
