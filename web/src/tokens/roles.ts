import type { Role } from "../api/types";

/** What a token of each role may do. */
export const roles: Record<Role, string> = {
  admin: "Read and change everything",
  read: "Read everything but tokens",
  agent: "Connect agents and fetch packages",
};
