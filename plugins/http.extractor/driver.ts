import { defineDriver } from "osiris/driver";
import { checkConnection, connectionOf, HttpClient, rowsOf } from "../http/mod.ts";
import type { HttpConfig } from "./config.ts";
import { pagesOf } from "./pages.ts";

export default defineDriver<HttpConfig>({
  check: (context) => checkConnection(context.connection, context),

  read(context) {
    const connection = connectionOf(context.connection);
    const client = new HttpClient(connection, context.config, context);
    return rowsOf(pagesOf(client, context.config, connection.base_url), context.config);
  },
});
