/**
 * Every command, in the order of the help.
 *
 * @module
 */

import type { Command } from "./_declare.ts";
import { compile } from "./commands/compile.ts";
import { completions } from "./commands/completions.ts";
import { componentsAdd } from "./commands/components_add.ts";
import { componentsTest } from "./commands/components_conformance.ts";
import { componentsList } from "./commands/components_list.ts";
import { componentsLock } from "./commands/components_lock.ts";
import { componentsNew } from "./commands/components_new.ts";
import { componentsPermissions } from "./commands/components_permissions.ts";
import { componentsSdk } from "./commands/components_sdk.ts";
import { componentsShow } from "./commands/components_show.ts";
import { connectionsList } from "./commands/connections.ts";
import { connectionsDoctor } from "./commands/connections_doctor.ts";
import { discover } from "./commands/discover.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { logsBundle } from "./commands/logs_bundle.ts";
import { logsExport } from "./commands/logs_export.ts";
import { logsLineage } from "./commands/logs_lineage.ts";
import { logsCard, logsHtml } from "./commands/logs_pages.ts";
import { logsGc, logsList, logsShow, logsTail } from "./commands/logs.ts";
import { omlFmt, omlSchemaCommand, omlValidate } from "./commands/oml.ts";
import { plan } from "./commands/plan.ts";
import { run } from "./commands/run.ts";
import { serve } from "./commands/serve.ts";
import { stateReset, stateSet, stateShow } from "./commands/state.ts";
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
  logsHtml,
  logsCard,
  logsBundle,
  logsExport,
  logsLineage,
  logsGc,
  serve,
  stateShow,
  stateSet,
  stateReset,
  connectionsList,
  connectionsDoctor,
  discover,
  componentsList,
  componentsShow,
  componentsAdd,
  componentsLock,
  componentsNew,
  componentsTest,
  componentsSdk,
  componentsPermissions,
  completions,
  doctor,
  version,
];
