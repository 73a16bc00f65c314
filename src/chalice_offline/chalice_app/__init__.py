"""From a Chalice project to running handlers: load, provision, bind, invoke."""
