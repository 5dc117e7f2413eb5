/** `main_1`, `backup_2`: how `stats` names a server; mains and backups each count from 1. */
export function serverLabel(role: "main" | "backup", rank: number): string {
  return `${role}_${rank}`;
}
