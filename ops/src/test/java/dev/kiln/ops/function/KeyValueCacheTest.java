package dev.kiln.ops.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyValueCacheTest {
  private static final AttentionOptions OPTIONS = AttentionOptions.DEFAULT;

  private final Context context = new Context(Devices.cpu(), 1);
  private final KeyValueCache cache = new KeyValueCache(context, 2);

  @AfterEach
  void close() {
    cache.close();
    context.close();
  }

  private Tensor places(long count) {
    return context.ones(DType.FP32, 1, count, 1, 8);
  }

  @Test
  void anEmptyCacheHasNothingToAttendTo() {
    assertThatThrownBy(() -> cache.attend(places(1), null, OPTIONS))
        .hasMessage("cache: there are no places yet; append some");
    cache.append(places(2), places(2));
    cache.clear();
    assertThatThrownBy(() -> cache.attend(places(2), null, OPTIONS))
        .hasMessage("cache: there are no places yet; append some");
  }

  @Test
  void aFullCacheTakesNothingMoreAndTurnsNothing() {
    cache.append(places(2), places(2));
    assertThatThrownBy(() -> cache.append(places(1), places(1)))
        .hasMessage("cache: 1 places more than 2 do not fit its 2");
    Tensor qkv = context.ones(DType.FP32, 1, 1, 24);
    var rotary = Rotary.Options.of(Rotary.Form.HALF_SPLIT, 8);
    assertThatThrownBy(() -> cache.attend(qkv, 1, 1, rotary, null, OPTIONS))
        .hasMessage("cache: 1 places more than 2 do not fit its 2");
    assertThat(qkv.toFloats()).containsOnly(1);
    assertThat(cache.length()).isEqualTo(2);
  }

  @Test
  void aCapacityIsNotNegative() {
    assertThatThrownBy(() -> new KeyValueCache(context, -1))
        .hasMessage("cache: the capacity must not be negative, but is -1");
  }
}
