import { useModel } from "../hooks";
import { model } from "../model";
import { t } from "../text";
import { Empty, Screen } from "../ui";

export function Messages(_props: { rest: string[] }) {
  useModel();
  return (
    <Screen title={t("Outreach")}>
      {model.messages().length === 0 && <Empty title={t("There is no message for today.")} />}
    </Screen>
  );
}
