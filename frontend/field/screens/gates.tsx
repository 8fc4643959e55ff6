import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Gates(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Gates")}>
      {model.gates().length === 0 && <Empty title={t("No gate is yours to staff.")} />}
    </Screen>
  );
}
