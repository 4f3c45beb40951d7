import { defineDriver, sql } from "osiris/driver";

export default defineDriver<{ query: string }>({
  transform: ({ config }) => sql(config.query),
});
