package dev.kiln.compiler.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import java.util.List;
import org.junit.jupiter.api.Test;

class PointerOriginsTest {
  /** Origins of the pointer of the one store at the top level. */
  private static List<Integer> origins(String ops) {
    TileFunction function =
        Parser.parseFunction(
            "func @f(%n: i32, %p: *i32, %q: *i32, %c: i1) {\n" + ops + "\nreturn\n}");
    Verifier.verify(function);
    PointerOrigins origins = PointerOrigins.of(function);
    return function.body().ops().stream()
        .filter(MemoryOp.Store.class::isInstance)
        .map(op -> origins.params(((MemoryOp.Store) op).pointer()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void arithmeticAndShapesKeepTheParameter() {
    assertThat(
            origins(
                """
                %s = splat %q : tile<8x*i32>
                %r = make_range [start = 0] : tile<8xi32>
                %a = addptr %s, %r : tile<8x*i32>
                %b = reshape %a : tile<2x4x*i32>
                %v = constant 0 : tile<2x4xi32>
                store %b, %v
                """))
        .containsExactly(2);
  }

  @Test
  void choicesKeepBoth() {
    assertThat(origins("%x = select %c, %p, %q : *i32\n store %x, %n")).containsExactly(1, 2);
    assertThat(
            origins(
                """
                %x = if %c : *i32 {
                  yield %p
                } else {
                  yield %q
                }
                store %x, %n
                """))
        .containsExactly(1, 2);
  }

  @Test
  void loopsCarryOriginsRound() {
    assertThat(
            origins(
                """
                %a, %b = for %i: i32 = %n to %n step %n carry (%x: *i32 = %p, %y: *i32 = %q) : *i32, *i32 {
                  yield %y, %x
                }
                store %a, %n
                """))
        .containsExactly(1, 2);
  }

  @Test
  void integersHaveNone() {
    assertThat(
            origins(
                """
                %a = ptrtoint %p : i64
                %b = inttoptr %a : *i32
                %x = select %c, %b, %q : *i32
                store %x, %n
                """))
        .isEmpty();
  }
}
