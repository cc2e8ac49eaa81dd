package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.ptx.Variable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Initial values as bytes. */
class InitialBytesTest {
  /** The bytes of variable {@code v}; others lie at the address 0x1122334455667700. */
  private static ByteBuffer bytes(String text) {
    PtxModule module = Kernel.module(text);
    Variable variable =
        module.variables().stream().filter(v -> v.name().equals("v")).findFirst().get();
    byte[] first = module.initialBytes(variable, v -> 0x1122334455667700L);
    byte[] all = new byte[(int) variable.size()];
    System.arraycopy(first, 0, all, 0, first.length);
    return ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void nestedListsFollowTheDimensions() {
    ByteBuffer bytes = bytes(".global .u16 v[2][3] = {{1, 2}, {4, 5, 6}};");
    for (int expected : new int[] {1, 2, 0, 4, 5, 6}) {
      assertThat(bytes.getShort()).isEqualTo((short) expected);
    }
  }

  @Test
  void numbersTakeTheVariablesType() {
    assertThat(bytes(".global .f32 v = 1.5;").getFloat()).isEqualTo(1.5f);
    assertThat(bytes(".global .f32 v[1] = {0f40490FDB};").getInt()).isEqualTo(0x40490fdb);
    assertThat(bytes(".const .f64 v = 0d400921FB54442D18;").getDouble()).isEqualTo(Math.PI);
    assertThat(bytes(".global .s8 v[2] = {-1, 127};").getShort()).isEqualTo((short) 0x7fff);
    assertThat(bytes(".global .u64 v = 0xFFFFFFFFFFFFFFFF;").getLong()).isEqualTo(-1);
    assertThat(bytes(".global .b32 v[4];").getInt()).isZero();
  }

  @Test
  void addressesOfVariablesHaveOffsetsAndParts() {
    String others = ".global .b8 x[100];\n.const .b8 c[4];\n";
    assertThat(bytes(others + ".global .u64 v = x;").getLong()).isEqualTo(0x1122334455667700L);
    assertThat(bytes(others + ".global .u64 v = x+5;").getLong()).isEqualTo(0x1122334455667705L);
    assertThat(bytes(others + ".global .u64 v = generic(c)+4;").getLong())
        .isEqualTo(0x1122334455667704L + AddressSpace.CONST_BASE);
    assertThat(bytes(others + ".global .u8 v[2] = {0xFF(x), 0xFF00(x)};").getShort())
        .isEqualTo((short) 0x7700);
    assertThat(bytes(others + ".global .u8 v = 0xFF00000000000000(x);").get())
        .isEqualTo((byte) 0x11);
  }

  @Test
  void addressesOfFunctionsAreNumbersOfTheirOwn() {
    ByteBuffer bytes = bytes(".func f() { ret; }\n.func g() { ret; }\n.global .u64 v[2] = {f, g};");
    long first = bytes.getLong();
    assertThat(first).isGreaterThanOrEqualTo(ModuleCode.FUNCTION_BASE);
    assertThat(bytes.getLong()).isEqualTo(first + 16);
  }

  @Test
  void tooManyValuesAreAnError() {
    assertThatThrownBy(() -> Kernel.module(".global .u8 v[2] = {1, 2, 3};"))
        .hasMessage("test.ptx:4:27: 'v' has more initial values than elements");
    assertThatThrownBy(() -> Kernel.module(".global .u8 v[2][2] = {{1, 2, 3}};"))
        .hasMessage("test.ptx:4:24: 'v' has more initial values than elements");
    assertThatThrownBy(() -> Kernel.module(".global .u64 v = nothing;"))
        .hasMessageContaining("'nothing' is not declared");
  }
}
