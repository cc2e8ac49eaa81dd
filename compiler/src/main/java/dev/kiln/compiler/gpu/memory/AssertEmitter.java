package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;
import java.util.Optional;

/**
 * Stops the launch by {@code __assertfail}, with the message, file and line, where a condition is
 * false. Front ends make the operation in debug compilations only.
 */
public final class AssertEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;

  public AssertEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(MemoryOp.Assert op) {
    Operand fails = op.condition().type().isTile() ? anyFails(op) : scalarFails(op);
    ptx.add(
        "call",
        List.of(),
        new Guard(fails, false),
        List.of(),
        Effect.EFFECT,
        null,
        new Name(RegisterClass.B64, declare(op)));
  }

  private Operand scalarFails(MemoryOp.Assert op) {
    return fails(emission.scalar(op.condition()), op.mask().map(emission::scalar).orElse(null));
  }

  private Operand anyFails(MemoryOp.Assert op) {
    Fragment condition = emission.fragment(op.condition());
    LinearLayout layout = condition.layout();
    Optional<Fragment> mask = op.mask().map(m -> emission.fragment(m, layout));
    Operand any = null;
    for (int r = 0; r < layout.registerCount(); r++) {
      int register = r;
      Operand fails =
          fails(
              condition.registers().get(r),
              mask.map(m -> m.registers().get(register)).orElse(null));
      any = any == null ? fails : ptx.emit("or.pred", RegisterClass.PRED, any, fails);
    }
    return any;
  }

  private Operand fails(Operand condition, Operand mask) {
    Operand fails = ptx.emit("not.pred", RegisterClass.PRED, condition);
    return mask == null ? fails : ptx.emit("and.pred", RegisterClass.PRED, fails, mask);
  }

  private String declare(MemoryOp.Assert op) {
    Location loc = op.loc();
    boolean isKnown = loc != null && loc.isKnown();
    String file = isKnown ? loc.source().name() : "";
    int line = isKnown ? loc.line() : 0;
    String message = "assertion failed" + (op.message().isEmpty() ? "" : ": " + op.message());
    String function = emission.function().name();
    String name = "kiln_assert_" + Integer.toHexString((message + file + line).hashCode());
    emission.helper(DeviceText.ASSERTFAIL);
    emission.helper(
        DeviceText.variable(name + "_message", message)
            + DeviceText.variable(name + "_file", file)
            + DeviceText.variable(name + "_function", function)
            + ".func "
            + name
            + "()\n{\n  .reg .b64 %d<4>;\n"
            + DeviceText.address("%d1", name + "_message")
            + DeviceText.address("%d2", name + "_file")
            + DeviceText.address("%d3", name + "_function")
            + call(line));
    return name;
  }

  private static String call(int line) {
    return """
      {
        .param .b64 message;
        .param .b64 file;
        .param .b32 line;
        .param .b64 function;
        .param .b64 charSize;
        st.param.b64 [message], %%d1;
        st.param.b64 [file], %%d2;
        st.param.b32 [line], %d;
        st.param.b64 [function], %%d3;
        st.param.b64 [charSize], 1;
        call.uni __assertfail, (message, file, line, function, charSize);
      }
      ret;
    }
    """
        .formatted(line);
  }
}
