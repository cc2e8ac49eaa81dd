package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Register;
import java.util.List;

/** Which registers share one register of the text, so that moves between them vanish. */
final class RegisterHomes {
  private RegisterHomes() {}

  static RegisterHomes of(List<Node> body) {
    return new RegisterHomes();
  }

  /** What stands for all that share with it. */
  Register of(Register register) {
    return register;
  }
}
