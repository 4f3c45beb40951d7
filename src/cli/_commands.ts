/**
 * Every command, in the order of the help.
 *
 * @module
 */

import type { Command } from "./_declare.ts";
import { compile } from "./commands/compile.ts";
import { completions } from "./commands/completions.ts";
import { componentsList, componentsShow } from "./commands/components.ts";
import { componentsPermissions } from "./commands/components_permissions.ts";
import { connectionsList } from "./commands/connections.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { logsGc, logsList, logsShow, logsTail } from "./commands/logs.ts";
import { omlFmt, omlSchemaCommand, omlValidate } from "./commands/oml.ts";
import { plan } from "./commands/plan.ts";
import { run } from "./commands/run.ts";
import { version } from "./commands/version.ts";

export const COMMANDS: readonly Command[] = [
  init,
  omlValidate,
  omlFmt,
  omlSchemaCommand,
  compile,
  plan,
  run,
  logsList,
  logsShow,
  logsTail,
  logsGc,
  connectionsList,
  componentsList,
  componentsShow,
  componentsPermissions,
  completions,
  doctor,
  version,
];
