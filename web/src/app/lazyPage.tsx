import { lazy, useState, type ComponentType, type ReactNode } from "react";

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

/**
 * lazyPage is a page whose scripts are fetched when it is shown, or ahead of that. Fetched ahead it is drawn at once:
 * React's own lazy would show what stands in for it first, and then hold the page back for 300 ms.
 */
export function lazyPage<P extends object>(load: Load<P>): ComponentType<P> & { ahead: () => void } {
  let loaded: ComponentType<P> | undefined;
  const Later = lazy(load);
  function Page(props: P): ReactNode {
    const [Shown] = useState<{ it: ComponentType<P> }>(() => ({ it: loaded ?? Later })); // the same as long as the page stands
    return <Shown.it {...props} />;
  }
  const ahead = (): void => {
    load().then(
      (module) => (loaded = module.default),
      () => undefined, // it is tried again when it is shown, and said there
    );
  };
  return Object.assign(Page, { ahead });
}
