/** A pipeline for tests of what is around a run: it copies `in.csv` to `out/result.csv`. */
export const COPY = `oml_version: "0.1.0"
name: copy
steps:
  - id: extract
    component: filesystem.csv_extractor
    mode: read
    config: { path: in.csv }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out/result.csv }
`;
