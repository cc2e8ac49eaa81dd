package dev.kiln.ops.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NameMapTest {
  private static final NameMap GPT2 =
      NameMap.SAME
          .rename("^transformer\\.", "")
          .ignore("h\\.\\d+\\.attn\\.bias")
          .transpose("h\\.\\d+\\.attn\\.c_attn\\.weight");

  @Test
  void rulesApplyInTheirOrder() {
    assertThat(GPT2.target("transformer.wte.weight"))
        .hasValue(new NameMap.Target("wte.weight", false));
    assertThat(GPT2.target("transformer.h.11.attn.c_attn.weight"))
        .hasValue(new NameMap.Target("h.11.attn.c_attn.weight", true));
    assertThat(GPT2.target("transformer.h.0.attn.bias")).isEmpty();
  }

  @Test
  void aRuleThatIsNoRegularExpressionIsRefused() {
    assertThatThrownBy(() -> NameMap.SAME.rename("(", ""))
        .hasMessageContaining("a rule of names is no regular expression: (");
  }
}
