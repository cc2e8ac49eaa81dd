package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.Arrays;
import java.util.List;

/** Execution of {@link ControlOp}s. */
final class ControlSteps {
  private ControlSteps() {}

  static Step of(ControlOp op, StepCompiler compiler) {
    Slots slots = compiler.slots();
    int[] results = slots.of(op.results());
    return switch (op) {
      case ControlOp.For loop -> {
        int[] bounds = slots.of(List.of(loop.lower(), loop.upper(), loop.step()));
        int[] inits = slots.of(loop.inits());
        CompiledBlock body = compiler.block(loop.body());
        yield p -> p.set(results, runFor(p, loop, body, p.get(bounds), p.get(inits)));
      }
      case ControlOp.While loop -> {
        int[] inits = slots.of(loop.inits());
        CompiledBlock before = compiler.block(loop.before());
        CompiledBlock body = compiler.block(loop.body());
        yield p -> p.set(results, runWhile(p, loop, before, body, p.get(inits)));
      }
      case ControlOp.If branch -> {
        int condition = slots.of(branch.condition());
        CompiledBlock thenBlock = compiler.block(branch.thenBlock());
        CompiledBlock elseBlock = compiler.block(branch.elseBlock());
        yield p -> {
          TileValue decided = p.get(condition);
          p.sanitizer()
              .ifPresent(s -> s.checkCondition(p, decided, 0, "the condition of the branch"));
          p.set(results, (decided.isTrue(0) ? thenBlock : elseBlock).run(p));
        };
      }
      case ControlOp.Yield terminator -> throw misplaced(op);
      case ControlOp.Condition terminator -> throw misplaced(op);
      case ControlOp.Return terminator -> throw misplaced(op);
    };
  }

  private static IllegalArgumentException misplaced(ControlOp op) {
    return new IllegalArgumentException(op.mnemonic() + " is not the last operation of its block");
  }

  /** Ends, too, where the induction variable would leave the range of its type. */
  private static TileValue[] runFor(
      Program p, ControlOp.For loop, CompiledBlock body, TileValue[] bounds, TileValue[] inits) {
    p.sanitizer().ifPresent(s -> s.checkBounds(p, bounds));
    Type type = loop.induction().type();
    DType dtype = type.dtype();
    CompareKind below = loop.unsigned() ? CompareKind.ULT : CompareKind.LT;
    long upper = bounds[1].longAt(0);
    long step = bounds[2].longAt(0);
    if (loop.unsigned() ? step == 0 : step <= 0) {
      throw p.failure("the step of the loop must be positive, but is " + step);
    }
    TileValue[] carried = inits;
    long induction = bounds[0].longAt(0);
    for (long n = 1; IntegerMath.compare(below, dtype, induction, upper); n++) {
      p.checkIterations(loop, n);
      TileValue[] arguments = new TileValue[carried.length + 1];
      arguments[0] = TileValue.scalar(type, induction);
      System.arraycopy(carried, 0, arguments, 1, carried.length);
      p.set(body.params(), arguments);
      p.trace(loop, loop.body().params());
      carried = body.run(p, arguments);
      long next = IntegerMath.wrap(dtype, induction + step);
      if (!IntegerMath.compare(below, dtype, induction, next)) {
        break;
      }
      induction = next;
    }
    return carried;
  }

  private static TileValue[] runWhile(
      Program p,
      ControlOp.While loop,
      CompiledBlock before,
      CompiledBlock body,
      TileValue[] inits) {
    TileValue[] carried = inits;
    for (long n = 1; ; n++) {
      TileValue[] tested = before.run(p, carried);
      TileValue condition = tested[0];
      p.sanitizer().ifPresent(s -> s.checkCondition(p, condition, 0, "the condition of the loop"));
      TileValue[] forwarded = Arrays.copyOfRange(tested, 1, tested.length);
      if (!condition.isTrue(0)) {
        return forwarded;
      }
      p.checkIterations(loop, n);
      carried = body.run(p, forwarded);
    }
  }
}
