package dev.kiln.compiler.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import org.junit.jupiter.api.Test;

class UsesTest {
  @Test
  void countsUsesAtEveryDepth() {
    TileFunction function =
        Parser.parseFunction(
            """
            func @f(%x: i32, %c: i1) {
              %y = add %x, %x : i32
              %z = if %c : i32 {
                yield %y
              } else {
                yield %x
              }
              return
            }
            """);
    Uses uses = Uses.of(function);
    Value x = function.params().getFirst().value();
    Op add = function.body().ops().getFirst();
    assertThat(uses.count(x)).isEqualTo(3);
    assertThat(uses.definition(x)).isEmpty();
    assertThat(uses.definition(add.result())).containsSame(add);
    assertThat(uses.users(add.result())).hasSize(1).allMatch(Op::isTerminator);
    assertThat(uses.count(function.body().ops().get(1).result())).isZero();
  }
}
