import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// The one accent: what can be pressed. States have colours of their own, below.
const accent: MantineColorsTuple = [
  "#eef1ff", "#dce2fd", "#b7c2f7", "#90a1f3", "#6f84ef", "#5a72ec", "#4a62dd", "#3d53c6", "#3449ac", "#2a3c91",
];

// Mantine's "dark" scale is where its dark scheme takes surfaces and text from.
const dark: MantineColorsTuple = [
  "#dde3ea", "#b4bec9", "#95a1ae", "#6b7785", "#3a4450", "#2a323c", "#20272f", "#171c22", "#111519", "#0c0f12",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, dark },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.125rem", lineHeight: "1.5" },
      h2: { fontSize: "0.875rem", lineHeight: "1.5" },
      h3: { fontSize: "0.8125rem", lineHeight: "1.5" },
    },
  },
  defaultRadius: "sm",
  focusRing: "auto",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    TextInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    MultiSelect: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 80 }, multiline: true, maw: 420 } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" }, transitionProps: { duration: 100 } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" }, transitionProps: { duration: 120 } } },
    // A placeholder for the first focus is a child that a menu may not have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, transitionProps: { duration: 80 } } },
  },
});

/**
 * The names that our own styles use. Both schemes are chosen by hand; the colours of text
 * and states have at least 4.5 to 1 on page, surface and raised surface.
 */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f5f6f8",
    "--mantine-color-text": "#1a2129",
    "--mantine-color-dimmed": "#56616d",
    "--mantine-color-placeholder": "#67727e",
    "--mantine-color-default-border": "#d3d8de",
    "--mantine-color-anchor": "#3449ac",
    "--surface": "#ffffff",
    "--surface-raised": "#ffffff",
    "--surface-sunken": "#eef0f3",
    "--line": "#e1e5ea",
    "--line-strong": "#c9d0d8",
    "--row-hover": "#f2f4f8",
    "--row-selected": "#e9edff",
    "--accent-text": "#3449ac",
    "--state-good": "#1b7040",
    "--state-good-soft": "#e2f3e8",
    "--state-good-mark": "#2f9e5d",
    "--state-bad": "#b3261e",
    "--state-bad-soft": "#fce8e6",
    "--state-bad-mark": "#d93c32",
    "--state-busy": "#8a5300",
    "--state-busy-soft": "#fdf0d5",
    "--state-busy-mark": "#d48a0b",
    "--state-idle": "#56616d",
    "--state-idle-soft": "#e9ecf0",
    "--state-idle-mark": "#8d98a5",
  },
  dark: {
    "--mantine-color-body": "#0f1318",
    "--mantine-color-text": "#dde3ea",
    "--mantine-color-dimmed": "#95a1ae",
    "--mantine-color-placeholder": "#808c99",
    "--mantine-color-default": "#1b2129",
    "--mantine-color-default-hover": "#232b34",
    "--mantine-color-default-border": "#343e4a",
    "--mantine-color-anchor": "#a3b1f8",
    "--surface": "#161b22",
    "--surface-raised": "#1b2129",
    "--surface-sunken": "#0c1014",
    "--line": "#242c35",
    "--line-strong": "#38434f",
    "--row-hover": "#1c232b",
    "--row-selected": "#20294a",
    "--accent-text": "#a3b1f8",
    "--state-good": "#5fd08d",
    "--state-good-soft": "#13301f",
    "--state-good-mark": "#3fb56f",
    "--state-bad": "#ff8f85",
    "--state-bad-soft": "#3b1815",
    "--state-bad-mark": "#ee5b50",
    "--state-busy": "#ecb34c",
    "--state-busy-soft": "#352507",
    "--state-busy-mark": "#d99a20",
    "--state-idle": "#9aa6b3",
    "--state-idle-soft": "#222a33",
    "--state-idle-mark": "#6f7c8a",
  },
});
