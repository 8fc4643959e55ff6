import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Doors(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Doors")}>
      {model.doors().length === 0 && <Empty title={t("No sweep is running in your grids.")} />}
    </Screen>
  );
}
