import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Today(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Today")}>
      {model.doors().length === 0 && <Empty title={t("Nothing is to be done now.")} />}
    </Screen>
  );
}
