import { useDisclosure } from "@mantine/hooks";
import { IconFileSettings, IconKey, IconServer2, IconTopologyStar3 } from "@tabler/icons-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { HelpDialog } from "./HelpDialog";
import { Mark } from "./Mark";
import { RailMenu } from "./RailMenu";
import classes from "./shell.module.css";
import { StaleBanner } from "./StaleBanner";
import { useKeyboard } from "./useKeyboard";

const parts = [
  { href: "/", word: "Fleet", icon: IconTopologyStar3 },
  { href: "/agents", word: "Agents", icon: IconServer2 },
  { href: "/configs", word: "Configurations", icon: IconFileSettings },
  { href: "/tokens", word: "Tokens", icon: IconKey },
];

/** The rail at the left (at the bottom of a narrow screen), the banner that tells when the page is stale, and the page. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [path] = useLocation();
  const [help, { open: showHelp, close: closeHelp }] = useDisclosure(false);
  useKeyboard(showHelp);
  const here = "/" + (path.split("/")[1] ?? "");
  const main = useArrival(here);

  return (
    <div className={classes.shell}>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <nav className={classes.rail} aria-label="Parts of the dashboard">
        <span className={classes.mark}>
          <Mark size={26} />
        </span>
        {parts.map(({ href, word, icon: Icon }) => (
          <Link key={href} href={href} className={classes.part} aria-current={here === href ? "page" : undefined}>
            <Icon size={20} stroke={1.6} aria-hidden />
            <span>{word}</span>
          </Link>
        ))}
        <RailMenu onHelp={showHelp} />
      </nav>
      <div className={classes.content}>
        <StaleBanner />
        <main id="main" tabIndex={-1} ref={main} className={classes.main}>
          {children}
        </main>
      </div>
      <PageAnnouncer path={path} />
      <HelpDialog opened={help} onClose={closeHelp} />
    </div>
  );
}

/** Moves the focus to the page when another part is gone to, so that reading goes on there. */
function useArrival(here: string): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const before = useRef(here);
  useEffect(() => {
    if (before.current === here) return;
    before.current = here;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo({ top: 0 });
  }, [here]);
  return main;
}

/** Tells a screen reader where one has come to. */
function PageAnnouncer({ path }: { path: string }): ReactNode {
  const [title, setTitle] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setTitle(document.title), 200); // once the page has named itself
    return () => clearTimeout(timer);
  }, [path]);
  return (
    <div role="status" className="visually-hidden">
      {title}
    </div>
  );
}
