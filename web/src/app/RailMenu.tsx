import { Button, Group, Menu, Modal, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconBroadcast, IconBroadcastOff, IconCheck, IconDeviceDesktop, IconDots, IconEye, IconKeyboard, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api } from "../api/client";
import { healthQuery, keys } from "../api/queries";
import { useShelf } from "../configs/useShelf";
import { readerAdvice, useReader } from "../session/ReadOnly";
import { useSession } from "../session/useSession";
import { useLive } from "./live";
import classes from "./shell.module.css";

const schemes: { value: MantineColorScheme; word: string; icon: typeof IconSun }[] = [
  { value: "auto", word: "As the system", icon: IconDeviceDesktop },
  { value: "light", word: "Light", icon: IconSun },
  { value: "dark", word: "Dark", icon: IconMoon },
];

/** The foot of the rail: whether the page is live, and a menu of what belongs to no page. */
export function RailMenu({ onHelp }: { onHelp: () => void }): ReactNode {
  const { state } = useLive();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const session = useSession();
  const reader = useReader();
  const shelf = useShelf();
  const [asking, setAsking] = useState(false);
  const health = useQuery(healthQuery);
  const client = useQueryClient();

  const signOut = async (): Promise<void> => {
    try {
      await api.delete("/session");
    } finally {
      // Where the server did not hear it, asking again says who is signed in after all.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
      await client.resetQueries({ queryKey: keys.session });
    }
    // Whoever signs in next is somebody else. An editor that was open has kept its text as it closed, just now.
    shelf.clear();
  };

  const signedIn = session.state === "in" && session.session.auth_mode === "token" ? session.session : undefined;
  return (
    <div className={classes.foot}>
      <span className={classes.live} data-live={state.live} title={state.live ? "What changes, changes here at once" : "Not connected to the stream of events"}>
        {state.live ? <IconBroadcast size={16} aria-hidden /> : <IconBroadcastOff size={16} aria-hidden />}
        <span>{state.live ? "Live" : "Not live"}</span>
      </span>
      {reader && (
        <span className={classes.reader} title={`Your token reads everything and changes nothing. ${readerAdvice}`}>
          <IconEye size={16} aria-hidden />
          <span>Read only</span>
        </span>
      )}
      <Menu position="right-end" width={220} withinPortal>
        <Menu.Target>
          <button type="button" className={classes.part}>
            <IconDots size={20} stroke={1.6} aria-hidden />
            <span>More</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Theme</Menu.Label>
          {schemes.map(({ value, word, icon: Icon }) => (
            <Menu.Item
              key={value}
              leftSection={<Icon size={15} aria-hidden />}
              rightSection={colorScheme === value ? <IconCheck size={15} aria-label="chosen" /> : undefined}
              onClick={() => setColorScheme(value)}
            >
              {word}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconKeyboard size={15} aria-hidden />} onClick={onHelp}>
            Keyboard
          </Menu.Item>
          <Menu.Item component="a" href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
            API description
          </Menu.Item>
          <Menu.Item component="a" href="/licenses.md" target="_blank" rel="noreferrer">
            Licences
          </Menu.Item>
          {signedIn && (
            <>
              <Menu.Divider />
              <Menu.Label>
                {signedIn.name} ({signedIn.role})
              </Menu.Label>
              <Menu.Item leftSection={<IconLogout size={15} aria-hidden />} onClick={() => (shelf.ids().size > 0 ? setAsking(true) : void signOut())}>
                Sign out
              </Menu.Item>
            </>
          )}
          {health.data?.version !== undefined && <Menu.Label>Version {health.data.version}</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={() => setAsking(false)} title="There is text that is not saved">
        <p style={{ marginTop: 0 }}>What you typed in configurations and did not save is in this browser. Signing out forgets it, since somebody else may come after you.</p>
        <Group justify="flex-end" gap="xs">
          <Button
            variant="subtle"
            color="red"
            onClick={() => {
              setAsking(false);
              void signOut();
            }}
          >
            Discard and sign out
          </Button>
          <Button data-autofocus onClick={() => setAsking(false)}>
            Stay
          </Button>
        </Group>
      </Modal>
    </div>
  );
}
