import { render } from "preact";
import { useEffect } from "preact/hooks";
import { CallsPage } from "./calls";
import { KeyPage } from "./key_page";
import { KeysPage } from "./keys";
import { live, useLive, type Connection } from "./live";
import { OverviewPage } from "./overview";
import { Empty } from "./parts";
import { PlanPage } from "./plan";
import { useRoute, type Route } from "./route";
import { session } from "./session";
import { SignIn, useSession } from "./sign_in";
import { useTheme, type Theme } from "./theme";
import { Toasts } from "./toast";
import { UsagePage } from "./usage";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/keys.css";
import "./style/key.css";
import "./style/usage.css";
import "./style/calls.css";
import "./style/plan.css";

const kConnection: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  lost: "connection lost",
};

function Page({ route, theme }: { route: Route; theme: Theme }) {
  const [page = "overview", endpoint, name] = route.path;
  if (page === "overview") return <OverviewPage theme={theme} />;
  if (page === "keys" && endpoint && name) return <KeyPage endpoint={endpoint} name={name} theme={theme} />;
  if (page === "keys" && !endpoint) return <KeysPage route={route} />;
  if (page === "usage" && !endpoint) return <UsagePage route={route} theme={theme} />;
  if (page === "calls" && !endpoint) return <CallsPage route={route} />;
  if (page === "plan" && !endpoint) return <PlanPage route={route} theme={theme} />;
  return (
    <Empty title="There is no such page">
      <p><a href="#/">Overview</a></p>
    </Empty>
  );
}

function App() {
  const route = useRoute();
  const [theme, setTheme] = useTheme();
  const { connection, overview } = useLive();
  const { asked, token } = useSession();
  const page = route.path[0] ?? "overview";
  useEffect(() => {
    document.title = [route.path.at(-1), "keypool"].filter(Boolean).join(" · ");
  }, [route]);
  const link = (to: string, href: string, text: string) => (
    <a href={href} aria-current={page === to ? "page" : undefined}>{text}</a>
  );
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="#/"><img src="/assets/icon.svg" alt="" width="26" height="26" />keypool</a>
        {!asked && <nav aria-label="Pages">
          {link("overview", "#/", "Overview")}
          {link("keys", "#/keys", "Keys")}
          {link("usage", "#/usage", "Usage")}
          {link("calls", "#/calls", "Calls")}
          {link("plan", "#/plan", "Plan")}
        </nav>}
        <span class={`connection connection-${asked ? "out" : connection}`} role="status" title={overview ? `keypool ${overview.version}` : ""}>
          <span class="dot" aria-hidden="true" />
          <span class="connection-word">{asked ? "signed out" : kConnection[connection]}</span>
        </span>
        {token && !asked && <button type="button" class="sign-out" onClick={() => session.signOut()}>Sign out</button>}
        <button
          type="button"
          class="theme"
          aria-label={theme === "dark" ? "Use light colours" : "Use dark colours"}
          title={theme === "dark" ? "Use light colours" : "Use dark colours"}
          onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
        >
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </header>
      {connection === "lost" && !asked && (
        <p class="lost" role="alert">
          The gateway does not answer. Numbers are as it last told them; trying again all the time.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {asked ? <SignIn /> : <Page route={route} theme={theme} />}
      </main>
      <Toasts />
    </>
  );
}

live.start();
render(<App />, document.getElementById("app")!);
