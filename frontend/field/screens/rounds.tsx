import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Rounds(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Rounds")}>
      {model.rounds().length === 0 && <Empty title={t("No round is yours to walk.")} />}
    </Screen>
  );
}
