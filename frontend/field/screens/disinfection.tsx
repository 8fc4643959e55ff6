import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Disinfection(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Disinfection")}>
      {model.done("disinfection").length === 0 && <Empty title={t("Nothing was disinfected today.")} />}
    </Screen>
  );
}
