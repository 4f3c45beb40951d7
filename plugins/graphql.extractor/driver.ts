import { defineDriver } from "osiris/driver";
import {
  type AskingOptions,
  checkConnection,
  connectionOf,
  HttpClient,
  type RecordOptions,
  rowsOf,
} from "../http/mod.ts";
import { pagesOf, type Query } from "./pages.ts";

export default defineDriver<Query & AskingOptions & RecordOptions>({
  check: (context) => checkConnection(context.connection, context),

  read(context) {
    const connection = connectionOf(context.connection);
    const client = new HttpClient(connection, context.config, context);
    return rowsOf(pagesOf(client, context.config, connection.base_url), context.config);
  },
});
