import type { AskingOptions, RecordOptions } from "../http/mod.ts";

/** A step's configuration, as the spec declares it. */
export interface HttpConfig extends AskingOptions, RecordOptions {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly params?: { readonly [name: string]: Param | readonly Param[] };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: { readonly [name: string]: unknown };
  readonly format: "json" | "ndjson" | "csv";
  readonly delimiter: string;
  readonly records: string;
  readonly total?: string;
  readonly pagination: "none" | "page" | "offset" | "cursor" | "link" | "next_url";
  readonly page_param: string;
  readonly first_page: number;
  readonly offset_param: string;
  readonly page_size?: number;
  readonly page_size_param?: string;
  readonly last_page: "empty" | "short" | "not_found";
  readonly cursor_param?: string;
  readonly next?: string;
  readonly send_in: "query" | "body";
  readonly max_pages: number;
}

type Param = string | number | boolean;
