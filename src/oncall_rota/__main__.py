"""`python -m oncall_rota` is `oncall`."""

from oncall_rota.front import main

if __name__ == "__main__":
    main()
