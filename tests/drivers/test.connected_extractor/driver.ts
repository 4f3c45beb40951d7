import { defineDriver, emit } from "osiris/driver";

const COLUMNS = {
  table: "VARCHAR",
  host: "VARCHAR",
  port: "INTEGER",
  user: "VARCHAR",
  password_length: "INTEGER",
};

export default defineDriver<{ table: string; say_password: boolean }>({
  check: ({ connection }) =>
    connection?.["password"] === "wrong"
      ? { ok: false, category: "auth", help: "check user and password" }
      : { ok: true },

  discover: ({ config }) => [{ name: config.table, columns: COLUMNS, rows: 1 }],

  read({ config, connection, log }) {
    const { host, port, user, password } = connection!;
    if (config.say_password) log(`the password is ${password}`);
    const row = {
      table: config.table,
      host,
      port: Number(port),
      user,
      password_length: String(password).length,
    };
    return emit(COLUMNS, [[row]]);
  },
});
