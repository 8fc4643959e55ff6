import { useCell } from "../cell";
import { link } from "../route";
import { sync } from "../sync";
import { t } from "../text";
import { Icon, Screen } from "../ui";
import { SCREENS } from "./index";

export function More(_props: { rest: string[] }) {
  const { waiting, notices } = useCell(sync);
  return (
    <Screen title={t("More")}>
      <ul class="ff-list">
        {SCREENS.filter((screen) => !screen.tab).map((screen) => (
          <li key={screen.path}>
            <a class="ff-row" href={link(screen.path)}>
              <Icon name={screen.icon} />
              <span class="ff-row__text">{screen.label()}</span>
              {screen.path === "outbox" && waiting + notices > 0 && <span class="ff-count">{waiting + notices}</span>}
              <Icon name="right" />
            </a>
          </li>
        ))}
      </ul>
    </Screen>
  );
}
